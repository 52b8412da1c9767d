package dev.keepgate.registry.version;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelStatus;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that is killed leaves a repository of whole models, with all that it answered for. */
class CrashTest {

  private static final int ROUNDS = 4;
  private static final int KEPT = 3;

  @TempDir Path root;

  /** Puts one version after the other and removes old ones, and says so once it is done. */
  public static final class Putter {

    private Putter() {}

    public static void main(String[] args) throws IOException {
      byte[] file = ModelBytes.pytorch(64, 64, 1);
      try (OpenRegistry registry = OpenRegistry.start(Path.of(args[0]), new ReferenceKernel())) {
        for (long version = Long.parseLong(args[1]); ; version++) {
          registry.put("a", version, file);
          System.out.println("put " + version);
          if (version > KEPT) {
            System.out.println("removing " + (version - KEPT));
            registry.models.remove(new ModelId("a", version - KEPT));
            System.out.println("removed " + (version - KEPT));
          }
        }
      }
    }
  }

  @Test
  void killedServerLeavesWholeModels() throws Exception {
    long seed = Long.getLong("keepgate.seed", new Random().nextLong());
    System.out.println("CrashTest seed " + seed);
    Random random = new Random(seed);
    TreeSet<Long> answered = new TreeSet<>();
    TreeSet<Long> unsure = new TreeSet<>();
    long next = 1;
    for (int round = 0; round < ROUNDS; round++) {
      unsure.clear();
      killAfter(5 + random.nextInt(40), next, answered, unsure);
      try (OpenRegistry registry = OpenRegistry.start(root, new ReferenceKernel())) {
        TreeSet<Long> found = new TreeSet<>();
        for (ModelInfo info : registry.models.list()) {
          assertThat(info.status())
              .as("%s: %s", info.id(), info.error())
              .isEqualTo(ModelStatus.AVAILABLE);
          found.add(info.id().version());
        }
        assertThat(found).containsAll(answered);
        // What was being put or removed when the process died may have come in or gone, or not.
        unsure.add(answered.last() + 1);
        unsure.addAll(answered);
        assertThat(unsure).containsAll(found);
        answered = found;
        next = found.last() + 1;
        assertThat(leftOver()).isEmpty();
      }
    }
  }

  private void killAfter(int lines, long from, Set<Long> answered, Set<Long> unsure)
      throws IOException, InterruptedException {
    Process server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Putter.class.getName(),
                root.toString(),
                Long.toString(from))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int seen = 0;
    try (BufferedReader out = server.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        String[] words = line.split(" ");
        if (words.length != 2 || !words[0].matches("put|removing|removed")) {
          continue;
        }
        long version = Long.parseLong(words[1]);
        switch (words[0]) {
          case "put" -> answered.add(version);
          case "removing" -> {
            answered.remove(version);
            unsure.add(version);
          }
          default -> unsure.remove(version);
        }
        if (++seen == lines) {
          // Not Process.destroyForcibly, which closes the pipe as well.
          server.toHandle().destroyForcibly();
        }
      }
    } finally {
      server.destroyForcibly();
    }
    assertThat(server.waitFor()).as("killed").isEqualTo(137);
    assertThat(seen).isGreaterThanOrEqualTo(lines);
  }

  private Stream<Path> leftOver() throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      return entries
          .filter(entry -> entry.getFileName().toString().startsWith("."))
          .toList()
          .stream();
    }
  }
}
