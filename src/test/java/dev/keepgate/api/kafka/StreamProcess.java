package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KeepgateApplication;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;

/** A server with bindings as a process of its own, from this one's class path, to be killed. */
record StreamProcess(Process process, Path log) implements AutoCloseable {

  private static final Duration WAIT = Duration.ofMinutes(2);
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
  private static final Pattern GENERATION =
      Pattern.compile("Successfully joined group with generation Generation\\{generationId=(\\d+)");

  /** Begins to start one; does not wait for it. */
  static StreamProcess launch(Path log, List<String> options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC"));
    if (Integer.getInteger("keepgate.keys", 0) < 100) {
      // Many start and few live long.
      command.add("-XX:TieredStopAtLevel=1");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(KeepgateApplication.class.getName());
    command.add("--server.port=0");
    command.add("--spring.grpc.server.port=0");
    command.add("--keepgate.kernel=portable");
    command.add(
        "--logging.level.org.apache.kafka.clients.consumer.internals.ConsumerCoordinator=info");
    command.addAll(options);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return new StreamProcess(process, log);
  }

  private String output() throws IOException {
    return Files.readString(log, StandardCharsets.UTF_8);
  }

  /** Waits until it has had partitions, or has joined those who have. */
  void awaitJoined() {
    Awaitility.await("a server of the group")
        .atMost(WAIT)
        .untilAsserted(
            () -> {
              assertThat(process.isAlive()).as(output()).isTrue();
              assertThat(generation()).isPositive();
            });
  }

  /** The number of the group's last rebalance that it took part in; 0 for none. */
  int generation() throws IOException {
    int last = 0;
    for (Matcher each = GENERATION.matcher(output()); each.find(); ) {
      last = Math.max(last, Integer.parseInt(each.group(1)));
    }
    return last;
  }

  JsonNode post(String path, String body) throws IOException, InterruptedException {
    Matcher port = PORT.matcher(output());
    assertThat(port.find()).as(output()).isTrue();
    HttpResponse<String> answer =
        CLIENT.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.group(1) + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return StreamServer.JSON.readTree(answer.body());
  }

  /** SIGKILL: nothing of the server's gets a chance to clean up. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM, and waits for its end. */
  void terminate() throws InterruptedException {
    process.destroy();
    assertThat(process.waitFor(WAIT.toSeconds(), TimeUnit.SECONDS)).as("the server ends").isTrue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
