package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.DockerEngine;
import dev.keepgate.GoldenCase;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The compose file's replicas behind nginx, of which one is restarted under load. */
class ComposeIT {

  private static final String PROJECT = "keepgate-compose-it";
  private static final String MODEL = "rolling";
  private static final List<String> REPLICAS = List.of("replica-1", "replica-2", "replica-3");
  private static final Pattern KEY = Pattern.compile("(kg_\\S+)");
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir private Path keys;

  private final int port = freePort();
  private final int grpcPort = freePort();
  private final URI address = URI.create("http://localhost:" + port);
  private String key = "";

  @BeforeAll
  static void requireEngine() {
    DockerEngine.require();
    boolean isThere =
        Arrays.stream(String.valueOf(System.getenv("PATH")).split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "docker-compose")));
    if (Boolean.parseBoolean(System.getenv("KEEPGATE_REQUIRE_DOCKER"))) {
      assertThat(isThere).as("docker-compose is on the PATH").isTrue();
    }
    assumeTrue(isThere, "There is no docker-compose on the PATH");
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As the compose file's head says. */
  @BeforeEach
  void up() throws Exception {
    ServerImage.built();
    String printed =
        run("docker", "run", "--rm", "keepgate", "create-key")
            .with("--name", "load", "--roles", "infer,manage");
    Matcher text = KEY.matcher(printed);
    assertThat(text.find()).as(printed).isTrue();
    key = text.group(1);
    String entry = printed.substring(printed.indexOf("  - name:"));
    Files.writeString(keys.resolve("keys.yml"), "keys:\n" + entry);
    // The server's user is another than this one.
    Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> services = new ArrayList<>(List.of("up", "-d", "redis", "nginx"));
    services.addAll(REPLICAS);
    compose(services.toArray(String[]::new));
    REPLICAS.forEach(ComposeIT::awaitHealthy);
  }

  @AfterEach
  void down() throws Exception {
    compose("down", "-v", "--timeout", "1");
  }

  private static void awaitHealthy(String replica) {
    String container = PROJECT + "_" + replica + "_1";
    Awaitility.await(replica)
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () ->
                run("docker", "inspect", "--format", "{{.State.Health.Status}}")
                    .with(container)
                    .strip(),
            "healthy"::equals);
  }

  /** A command whose last words follow. */
  private interface Command {
    String with(String... words) throws IOException, InterruptedException;
  }

  private static Command run(String... words) {
    return run(Map.of(), words);
  }

  private static Command run(Map<String, String> environment, String... words) {
    return more -> {
      List<String> command = new ArrayList<>(List.of(words));
      command.addAll(List.of(more));
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).as("%s: %s", command, output).isZero();
      return output;
    };
  }

  private String compose(String... words) throws IOException, InterruptedException {
    return run(
            Map.of(
                "KEEPGATE_KEYS", keys.toString(),
                "KEEPGATE_HTTP_PORT", Integer.toString(port),
                "KEEPGATE_GRPC_PORT", Integer.toString(grpcPort),
                "DOCKER_BUILDKIT", "0"),
            "docker-compose",
            "--project-name",
            PROJECT,
            "--profile",
            "replicas")
        .with(words);
  }

  private HttpResponse<String> send(String method, String path, BodyPublisher body)
      throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(address.resolve(path))
            .header("Authorization", "Bearer " + key)
            .header(
                "Content-Type",
                method.equals("PUT") ? "application/octet-stream" : "application/json")
            .method(method, body)
            .build(),
        BodyHandlers.ofString());
  }

  private JsonNode json(String method, String path, String body) throws Exception {
    HttpResponse<String> response = send(method, path, BodyPublishers.ofString(body));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JsonMapper.shared().readTree(response.body());
  }

  private void upload() throws Exception {
    Path file = GoldenCase.read("notebook-cell").file(".safetensors");
    HttpResponse<String> put =
        send("PUT", "/v1/models/" + MODEL + "/versions/1", BodyPublishers.ofFile(file));
    assertThat(put.statusCode()).as(put.body()).isEqualTo(201);
    int[] inARow = {0};
    // Each replica in turn: as many answers in a row as there are replicas, and again.
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              int status = send("GET", "/v1/models/" + MODEL, BodyPublishers.noBody()).statusCode();
              inARow[0] = status == 200 ? inARow[0] + 1 : 0;
              return inARow[0] >= 2 * REPLICAS.size();
            });
  }

  @Test
  void aReplicaThatIsRestartedUnderLoadLosesNothing() throws Exception {
    assertThat(
            CLIENT
                .send(
                    HttpRequest.newBuilder(address.resolve("/v1/models")).build(),
                    BodyHandlers.discarding())
                .statusCode())
        .isEqualTo(401);
    upload();
    try (SequenceLoad load = new SequenceLoad(address, key, MODEL);
        GrpcLoad grpc = new GrpcLoad(grpcPort, key, MODEL)) {
      load.start();
      grpc.start();
      long begun = System.nanoTime();
      Awaitility.await().until(() -> load.answered.get() > 200);
      compose("restart", "--timeout", "40", "replica-2");
      awaitHealthy("replica-2");
      long left = Duration.ofSeconds(30).toNanos() - (System.nanoTime() - begun);
      TimeUnit.NANOSECONDS.sleep(Math.max(0, left));
      load.end();
      grpc.end();
      System.out.printf(
          "restarted one of three replicas: over HTTP %d requests answered, %d sent again, %d failed%n",
          load.answered.get(), load.retried.get(), load.failures.size());
      System.out.printf(
          "over gRPC %d calls and %d requests of %d streams answered, %d sent again, %d failed%n",
          grpc.calls.get(),
          grpc.streamed.get(),
          grpc.streams.get(),
          grpc.retried.get(),
          grpc.failures.size());
      assertThat(load.failures).isEmpty();
      assertThat(grpc.failures).isEmpty();
      Map<String, Integer> steps = new TreeMap<>(load.steps);
      steps.putAll(grpc.steps);
      assertThat(steps).hasSize(load.steps.size() + 4);
      for (Map.Entry<String, Integer> sequence : steps.entrySet()) {
        assertExact(sequence.getKey(), sequence.getValue());
      }
      System.out.println("steps of sequences: " + steps);
    }
  }

  /** No step is missing, and none was taken twice: it is where one unroll of as many steps ends. */
  private void assertExact(String id, int steps) throws Exception {
    JsonNode sequence = json("GET", "/v1/sequences/" + id, "");
    assertThat(sequence.path("step").asInt()).as(id).isEqualTo(steps);
    assertThat(steps).isGreaterThan(10);
    String x = "[[" + "[1,2,3,4,3,2],".repeat(steps - 1) + "[1,2,3,4,3,2]]]";
    JsonNode unrolled =
        json(
            "POST",
            "/v1/models/" + MODEL + "/unroll",
            "{\"return_sequences\": false, \"x\": " + x + "}");
    JsonNode state = sequence.path("state").path("c").path(0);
    JsonNode expected = unrolled.path("state").path("c").path(0);
    for (int i = 0; i < 4; i++) {
      assertThat(state.path(i).asDouble())
          .as("%s after %d steps", id, steps)
          .isCloseTo(expected.path(i).asDouble(), within(1e-4));
    }
  }
}
