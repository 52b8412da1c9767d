package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;

/** Server processes, each with a folder of its own, over one Redis that they share models by. */
class ReplicasIT {

  private static final String KEYS = "{keepgate:models}:";
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int[] COLUMNS = {0, 700, NumberedModel.lastColumn()};

  @TempDir static Path folder;

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final List<ServerProcess> SERVERS = new CopyOnWriteArrayList<>();
  private static RedisProcess redis;

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final Random random = new Random(seed);

  @BeforeAll
  static void startServers() throws IOException {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
    redis = RedisProcess.start(Files.createDirectories(folder.resolve("redis")));
    for (String name : List.of("a", "b", "c")) {
      SERVERS.add(start(name));
    }
  }

  @AfterAll
  static void stopServers() {
    SERVERS.forEach(ServerProcess::close);
    if (redis != null) {
      redis.close();
    }
  }

  private static ServerProcess start(String name, String... more) throws IOException {
    List<String> options = new ArrayList<>(List.of(more));
    options.add("--keepgate.replicas.share=redis");
    options.add("--keepgate.sequences.store=redis");
    options.add("--keepgate.replicas.claim-ttl=2s");
    options.add("--spring.data.redis.port=" + redis.port());
    return ServerProcess.start(
        folder.resolve(name), folder.resolve(name + ".log"), options.toArray(String[]::new));
  }

  private static HttpResponse<String> send(
      ServerProcess server, String method, String path, BodyPublisher body)
      throws IOException, InterruptedException {
    return CLIENT.send(
        server
            .server()
            .request(path)
            .header(
                "Content-Type",
                method.equals("POST") ? "application/json" : "application/octet-stream")
            .method(method, body)
            .build(),
        BodyHandlers.ofString());
  }

  private static HttpResponse<String> put(ServerProcess server, String version, long number)
      throws IOException, InterruptedException {
    return send(
        server,
        "PUT",
        "/v1/models/" + version,
        BodyPublishers.ofByteArray(new NumberedModel(number).file()));
  }

  private static int delete(ServerProcess server, String path)
      throws IOException, InterruptedException {
    return send(server, "DELETE", "/v1/models/" + path, BodyPublishers.noBody()).statusCode();
  }

  /** The versions of a model that a server serves. */
  private static Set<Long> serving(ServerProcess server, String model)
      throws IOException, InterruptedException {
    Set<Long> versions = new TreeSet<>();
    for (JsonNode version : server.server().json("/v1/models").get("models")) {
      if (version.get("name").asString().equals(model)
          && version.get("status").asString().equals("AVAILABLE")) {
        versions.add(Long.valueOf(version.get("version").asString()));
      }
    }
    return versions;
  }

  private static void awaitEverywhere(String model, Set<Long> versions) {
    for (ServerProcess server : SERVERS) {
      Awaitility.await(model + " at " + server.log())
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(serving(server, model)).isEqualTo(versions));
    }
  }

  private static void assertServes(ServerProcess server, String version, long number)
      throws IOException, InterruptedException {
    float[] output =
        server.server().output("/v1/models/" + version + "/step", NumberedModel.input(COLUMNS));
    double[] expected = new NumberedModel(number).output(COLUMNS);
    assertThat(output).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) output[i]).as(version).isCloseTo(expected[i], within(1e-5));
    }
  }

  @Test
  void whatOneIsGivenAllServeAndWhoeverJoins() throws Exception {
    assertThat(put(SERVERS.get(0), "m/versions/1", 1).statusCode()).isEqualTo(201);
    awaitEverywhere("m", Set.of(1L));
    for (ServerProcess server : SERVERS) {
      assertServes(server, "m/versions/1", 1);
    }
    assertThat(put(SERVERS.get(1), "m/versions/1", 2).statusCode()).isEqualTo(409);
    assertThat(delete(SERVERS.get(1), "m/versions/1")).isEqualTo(204);
    awaitEverywhere("m", Set.of());
    for (ServerProcess server : SERVERS) {
      assertThat(server.server().get("/v1/models/m").statusCode()).isEqualTo(404);
    }
    Set<Long> numbers = new TreeSet<>();
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      ServerProcess server = SERVERS.get(i % SERVERS.size());
      answers.add(
          CLIENT.sendAsync(
              server
                  .server()
                  .request("/v1/models/m/versions")
                  .POST(BodyPublishers.ofByteArray(new NumberedModel(i).file()))
                  .build(),
              BodyHandlers.ofString()));
    }
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(answer.get().statusCode()).as(answer.get().body()).isEqualTo(201);
      String location = answer.get().headers().firstValue("Location").orElseThrow();
      numbers.add(Long.valueOf(location.substring(location.lastIndexOf('/') + 1)));
    }
    assertThat(numbers).hasSize(6);
    awaitEverywhere("m", numbers);
    try (ServerProcess late = start("late", "--keepgate.replicas.max-bytes=1MB")) {
      // It was ready a moment ago, and is asked once.
      assertThat(serving(late, "m")).isEqualTo(numbers);
      String metrics =
          new String(late.server().get("/actuator/prometheus").body(), StandardCharsets.UTF_8);
      assertThat(metrics)
          .containsPattern("keepgate_replica_models_total\\{event=\"fetched\"} [1-9]")
          .containsPattern("keepgate_replica_bytes_total\\{event=\"fetched\"} [1-9]");
      HttpResponse<String> refused = put(late, "huge/versions/1", 1);
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(507);
      assertThat(refused.body()).contains("shared-storage-full", "keepgate.replicas.max-bytes");
      assertThat(late.server().get("/v1/models/huge").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void ofTwoThatPutOneVersionAtOnceOneIsAnswered409AndAllServeTheOther() throws Exception {
    System.out.println("ReplicasIT seed " + seed);
    for (long round = 1; round <= 8; round++) {
      String version = "race/versions/" + round;
      TreeMap<Long, CompletableFuture<HttpResponse<String>>> answers = new TreeMap<>();
      for (int i = 0; i < 2; i++) {
        long number = 10 * round + i;
        byte[] file = new NumberedModel(number).file();
        ServerProcess server = SERVERS.get(random.nextInt(SERVERS.size()));
        answers.put(
            number,
            CLIENT.sendAsync(
                server
                    .server()
                    .request("/v1/models/" + version)
                    .PUT(BodyPublishers.ofByteArray(file))
                    .build(),
                BodyHandlers.ofString()));
      }
      List<Integer> statuses = new ArrayList<>();
      long winner = 0;
      for (Map.Entry<Long, CompletableFuture<HttpResponse<String>>> answer : answers.entrySet()) {
        int status = answer.getValue().get().statusCode();
        statuses.add(status);
        winner = status == 201 ? answer.getKey() : winner;
      }
      assertThat(statuses).as("round %d", round).containsExactlyInAnyOrder(201, 409);
      Set<Long> rounds = new TreeSet<>();
      for (long done = 1; done <= round; done++) {
        rounds.add(done);
      }
      awaitEverywhere("race", rounds);
      for (ServerProcess server : SERVERS) {
        assertServes(server, version, winner);
      }
    }
    assertThat(delete(SERVERS.get(2), "race")).isEqualTo(204);
    awaitEverywhere("race", Set.of());
  }

  @Test
  void versionThatWentServesItsSequencesOnEveryReplica() throws Exception {
    assertThat(put(SERVERS.get(0), "drained/versions/1", 5).statusCode()).isEqualTo(201);
    awaitEverywhere("drained", Set.of(1L));
    String open = "/v1/models/drained/sequences";
    assertThat(
            send(SERVERS.get(0), "POST", open, BodyPublishers.ofString("{\"id\": \"d\"}"))
                .statusCode())
        .isEqualTo(201);
    assertThat(delete(SERVERS.get(0), "drained")).isEqualTo(204);
    awaitEverywhere("drained", Set.of());
    String step = "{\"x\": %s, \"step\": %d}";
    String x = Arrays.toString(new float[1024]);
    for (int n = 1; n <= 3; n++) {
      // Two of them have never seen the sequence.
      HttpResponse<String> answer =
          send(
              SERVERS.get(n - 1),
              "POST",
              "/v1/sequences/d/step",
              BodyPublishers.ofString(step.formatted(x, n)));
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }
    assertThat(
            send(SERVERS.get(1), "DELETE", "/v1/sequences/d", BodyPublishers.noBody()).statusCode())
        .isEqualTo(204);
    for (ServerProcess server : SERVERS) {
      Awaitility.await("its memory is free")
          .atMost(PATIENCE)
          .until(
              () ->
                  !new String(server.server().get("/v1/models").body(), StandardCharsets.UTF_8)
                      .contains("\"drained\""));
    }
  }

  @Test
  void serverThatIsKilledWhileItStoresLeavesNothing() throws Exception {
    // So small that storing takes long enough to be met.
    try (ServerProcess victim = start("victim", "--keepgate.replicas.chunk-size=1KB")) {
      CompletableFuture<HttpResponse<String>> upload =
          CLIENT.sendAsync(
              victim
                  .server()
                  .request("/v1/models/killed/versions/1")
                  .PUT(BodyPublishers.ofByteArray(new NumberedModel(1).file()))
                  .build(),
              BodyHandlers.ofString());
      Awaitility.await()
          .pollInterval(Duration.ofMillis(1))
          .until(() -> redis.command("HEXISTS " + KEYS + "claims killed/1").startsWith(":1"));
      victim.kill();
      assertThat(upload.handle((answer, failure) -> failure != null).get()).isTrue();
    }
    assertThat(redis.command("HEXISTS " + KEYS + "versions killed/1")).startsWith(":0");
    // The number is the dead one's for a while, and then another's.
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> put(SERVERS.get(0), "killed/versions/1", 2).statusCode() == 201);
    try (ServerProcess back = start("victim")) {
      assertThat(serving(back, "killed")).containsExactly(1L);
      assertServes(back, "killed/versions/1", 2);
    }
    awaitEverywhere("killed", Set.of(1L));
    assertThat(delete(SERVERS.get(1), "killed")).isEqualTo(204);
    awaitEverywhere("killed", Set.of());
  }

  @Test
  void redisMayBreakOffAndComeBackWithNothing() throws Exception {
    System.out.println("ReplicasIT seed " + seed);
    ScheduledExecutorService chaos = Executors.newSingleThreadScheduledExecutor();
    AtomicInteger cut = new AtomicInteger();
    Future<?> cuts =
        chaos.scheduleWithFixedDelay(
            () -> {
              redis.command("CLIENT KILL TYPE normal SKIPME yes");
              cut.incrementAndGet();
            },
            50,
            200 + random.nextInt(200),
            TimeUnit.MILLISECONDS);
    Set<Long> stored = new TreeSet<>();
    int refused = 0;
    for (long version = 1; version <= 10; version++) {
      HttpResponse<String> answer =
          put(SERVERS.get(random.nextInt(SERVERS.size())), "cut/versions/" + version, version);
      // What was refused was not done: the same again succeeds in the end, on any of them.
      for (int i = 0; i < 100 && answer.statusCode() != 201; i++) {
        assertThat(answer.statusCode()).as(answer.body()).isIn(503, 409);
        refused++;
        TimeUnit.MILLISECONDS.sleep(random.nextInt(200));
        answer =
            put(SERVERS.get(random.nextInt(SERVERS.size())), "cut/versions/" + version, version);
      }
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
      stored.add(version);
    }
    cuts.cancel(true);
    chaos.shutdown();
    System.out.printf(
        "%d stored, %d refused; connections cut %d times%n", stored.size(), refused, cut.get());
    assertThat(cut.get()).isPositive();
    awaitEverywhere("cut", stored);

    redis.kill();
    FileSystemUtils.deleteRecursively(folder.resolve("redis/appendonlydir"));
    HttpResponse<String> answer = put(SERVERS.get(0), "cut/versions/99", 99);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    assertThat(delete(SERVERS.get(1), "cut/versions/1")).isEqualTo(503);
    assertServes(SERVERS.get(1), "cut/versions/1", 1);
    redis.restart();
    assertThat(redis.command("HLEN " + KEYS + "versions")).startsWith(":");
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> put(SERVERS.get(0), "cut/versions/99", 99).statusCode() == 201);
    stored.add(99L);
    awaitEverywhere("cut", stored);
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(redis.command("HLEN " + KEYS + "versions").strip())
                    .isEqualTo(":" + catalogued()));
    try (ServerProcess late = start("later")) {
      assertThat(serving(late, "cut")).isEqualTo(stored);
      for (long version : stored) {
        assertServes(late, "cut/versions/" + version, version);
      }
    }
    assertThat(delete(SERVERS.get(2), "cut")).isEqualTo(204);
    awaitEverywhere("cut", Set.of());
  }

  /** How many versions there are, of all models. */
  private static int catalogued() throws IOException, InterruptedException {
    return SERVERS.get(0).server().json("/v1/models").get("models").size();
  }
}
