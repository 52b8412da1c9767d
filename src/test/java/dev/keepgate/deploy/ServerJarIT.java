package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.GoldenCase;
import dev.keepgate.api.http.BusyClients;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The packaged jar is the whole server, and survives what happens to processes. */
class ServerJarIT {

  private static final int ROUNDS = 6;

  /** Until a kill. */
  private static final int LONGEST_MILLIS = 1200;

  private static final String MODEL = "crash";

  @TempDir private Path folder;

  @Test
  void jarAloneServesTheNotebookAndWhatIsUploaded() throws Exception {
    GoldenCase golden = GoldenCase.read("pytorch-1layer");
    try (ServerProcess process = start()) {
      Server server = process.server();
      server.unroll("/v1/models/notebook-stacked", GoldenCase.read("notebook-stacked"));
      assertThat(server.put("lstm", 1, BodyPublishers.ofFile(golden.file(".safetensors"))))
          .isEqualTo(201);
      server.unroll("/v1/models/lstm", golden);
      server.step("/v1/models/lstm", golden);
    }
  }

  @Test
  void killLeavesWholeVersionsOrNone() throws Exception {
    long seed = System.nanoTime();
    System.out.println("ServerJarIT kills with seed " + seed);
    Random random = new Random(seed);
    Uploads uploads = new Uploads(MODEL);
    Set<Path> leftOver = Set.of();
    int swept = 0;
    for (int round = 0; round <= ROUNDS; round++) {
      try (ServerProcess process = start()) {
        check(process.server(), uploads);
        assertThat(workFolders()).as("swept: %s", leftOver).noneMatch(leftOver::contains);
        swept += leftOver.size();
        if (round < ROUNDS) {
          int answeredBefore = uploads.answered().size();
          // A slow machine answers none as early as half of the kills come.
          int answersToWaitFor = round % 2;
          uploads.until(
              process.server(),
              () -> {
                Awaitility.await()
                    .atMost(1, TimeUnit.MINUTES)
                    .until(() -> uploads.answered().size() >= answeredBefore + answersToWaitFor);
                TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_MILLIS));
                process.kill();
              });
        }
      }
      leftOver = workFolders();
    }
    // Otherwise no kill met a server at work, and the rounds showed nothing.
    assertThat(uploads.answered()).isNotEmpty();
    assertThat(uploads.unanswered()).isNotEmpty();
    assertThat(swept).isPositive();
  }

  private static void check(Server server, Uploads uploads) throws Exception {
    assertThat(uploads.refused()).isEmpty();
    Set<Long> listed = new TreeSet<>();
    for (JsonNode model : server.json("/v1/models").get("models")) {
      if (model.get("name").asString().equals(MODEL)) {
        assertThat(model.get("status").asString()).as("%s", model).isEqualTo("AVAILABLE");
        listed.add(Long.valueOf(model.get("version").asString()));
      }
    }
    assertThat(listed).containsAll(uploads.answered());
    Set<Long> known = new TreeSet<>(uploads.answered());
    known.addAll(uploads.unanswered());
    assertThat(known).containsAll(listed);
    int[] columns = {0, 511, NumberedModel.lastColumn()};
    for (long version : listed) {
      float[] output =
          server.output(
              "/v1/models/%s/versions/%d/step".formatted(MODEL, version),
              NumberedModel.input(columns));
      double[] expected = new NumberedModel(version).output(columns);
      assertThat(output).hasSize(expected.length);
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) output[i])
            .as("version %d", version)
            .isCloseTo(expected[i], within(1e-5));
      }
    }
  }

  /** What servers of this repository work in, and leave when they are killed. */
  private Set<Path> workFolders() throws IOException {
    try (Stream<Path> files = Files.list(repository())) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("."))
          .collect(Collectors.toSet());
    }
  }

  @Test
  void requestInFlightIsAnsweredBeforeTheServerEnds() throws Exception {
    String body = "{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]}";
    try (ServerProcess process = start()) {
      String path = "/v1/models/notebook-cell/step";
      String answer = process.server().postJson(path, body);
      try (HeldRequest held = HeldRequest.post(process.server(), path, body)) {
        process.terminate();
        process.awaitDraining();
        assertThat(held.finish()).startsWith("HTTP/1.1 200").contains(answer);
      }
      // 128 + SIGTERM: the JVM ended by itself after its shutdown hooks.
      assertThat(process.exitCode()).isEqualTo(143);
    }
  }

  @Test
  void busyClientsLoseNoRequestAtTheServersEnd() throws Exception {
    try (ServerProcess process = start();
        BusyClients clients = new BusyClients("localhost", process.server().address().getPort())) {
      process.terminate();
      clients.assertNoRequestWasLost();
      assertThat(process.exitCode()).isEqualTo(143);
    }
  }

  private ServerProcess start() throws IOException {
    return ServerProcess.start(repository(), folder.resolve("server.log"));
  }

  private Path repository() {
    return folder.resolve("models");
  }
}
