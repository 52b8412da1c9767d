package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.ModelBytes;
import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Three server processes over one Redis, servers killed and connections cut at random, and clients
 * that try again: every sequence ends where it ends alone.
 *
 * <p>{@code -Dkeepgate.sequences=200 -Dkeepgate.steps=500} for the long run; {@code
 * -Dkeepgate.seed=...} to repeat one.
 */
class SequencesIT {

  private static final int SEQUENCES = Integer.getInteger("keepgate.sequences", 40);
  private static final int STEPS = Integer.getInteger("keepgate.steps", 60);
  private static final int REPLICAS = 3;
  private static final int INPUT = 5;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir static Path folder;

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final List<ServerProcess> servers = new CopyOnWriteArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicInteger retries = new AtomicInteger();
  private final AtomicInteger repeated = new AtomicInteger();
  private final AtomicBoolean over = new AtomicBoolean();

  @BeforeAll
  static void needsRedis() {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
  }

  @Test
  void everyStepIsTakenOnceWhateverIsKilled() throws Exception {
    System.out.println("SequencesIT seed " + seed);
    Path models = folder.resolve("models");
    Path version = Files.createDirectories(models.resolve("lstm/1"));
    Files.write(version.resolve("model.safetensors"), ModelBytes.pytorch(INPUT, 16, 7));
    try (RedisProcess redis =
        RedisProcess.start(Files.createDirectories(folder.resolve("redis")))) {
      for (int i = 0; i < REPLICAS; i++) {
        servers.add(start(models, redis, i));
      }
      ExecutorService clients = Executors.newFixedThreadPool(16);
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < SEQUENCES; i++) {
        int number = i;
        running.add(
            clients.submit(
                () -> {
                  live(number);
                  return null;
                }));
      }
      Future<int[]> chaos = Executors.newSingleThreadExecutor().submit(() -> kill(models, redis));
      for (Future<?> sequence : running) {
        sequence.get();
      }
      over.set(true);
      int[] kills = chaos.get(3, TimeUnit.MINUTES);
      clients.shutdown();
      for (int i = 0; i < SEQUENCES; i++) {
        assertEndsWhereItEndsAlone(i);
      }
      System.out.printf(
          "%d sequences of %d steps: %d servers killed, connections to Redis cut %d times,"
              + " Redis killed %d times, %d requests tried again, %d answered from the store%n",
          SEQUENCES, STEPS, kills[0], kills[1], kills[2], retries.get(), repeated.get());
      assertThat(kills[0]).isPositive();
      assertThat(kills[1]).isPositive();
    } finally {
      servers.forEach(ServerProcess::close);
    }
  }

  private static ServerProcess start(Path models, RedisProcess redis, int number)
      throws IOException {
    return ServerProcess.start(
        models,
        folder.resolve("server-" + number + ".log"),
        "--keepgate.sequences.store=redis",
        "--spring.data.redis.port=" + redis.port());
  }

  /** Kills until the clients are done, each once at least; what it has killed. */
  private int[] kill(Path models, RedisProcess redis) throws Exception {
    Random random = new Random(seed);
    int[] kills = new int[3];
    while (!over.get() || kills[0] == 0 || kills[1] == 0) {
      Thread.sleep(200 + random.nextInt(800));
      int choice = kills[0] == 0 ? 0 : kills[1] == 0 ? 1 : random.nextInt(8);
      if (choice == 0) {
        int victim = random.nextInt(REPLICAS);
        servers.get(victim).kill();
        kills[0]++;
        servers.set(victim, start(models, redis, victim));
      } else if (choice == 7) {
        redis.kill();
        kills[2]++;
        redis.restart();
      } else {
        redis.command("CLIENT KILL TYPE normal SKIPME yes");
        kills[1]++;
      }
    }
    return kills;
  }

  private static float[][] inputs(int number) {
    Random random = new Random(1000L + number);
    float[][] x = new float[STEPS][INPUT];
    for (float[] step : x) {
      for (int i = 0; i < INPUT; i++) {
        step[i] = random.nextFloat() - 0.5f;
      }
    }
    return x;
  }

  private void live(int number) throws Exception {
    Random random = new Random(seed + number);
    float[][] x = inputs(number);
    String id = "sequence-" + number;
    HttpResponse<String> opened = insist("/v1/models/lstm/sequences", "{\"id\":\"" + id + "\"}");
    assertThat(opened.statusCode()).as(opened.body()).isIn(201, 409);
    int done = 0;
    while (done < STEPS) {
      int chunk = Math.min(STEPS - done, random.nextInt(4) == 0 ? 1 + random.nextInt(5) : 1);
      String body =
          chunk == 1
              ? "{\"x\":%s,\"step\":%d}".formatted(Arrays.toString(x[done]), done + 1)
              : "{\"x\":%s,\"step\":%d}"
                  .formatted(
                      Arrays.deepToString(Arrays.copyOfRange(x, done, done + chunk)), done + chunk);
      String path = "/v1/sequences/" + id + (chunk == 1 ? "/step" : "/unroll");
      HttpResponse<String> answer = insist(path, body);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      done += chunk;
      assertThat(JSON.readTree(answer.body()).get("step").asInt()).isEqualTo(done);
      if (random.nextInt(20) == 0) {
        HttpResponse<String> again = insist(path, body);
        assertThat(again.body()).isEqualTo(answer.body());
        repeated.incrementAndGet();
      }
    }
  }

  private HttpResponse<String> insist(String path, String body) throws Exception {
    return insist(path, request -> request.POST(BodyPublishers.ofString(body)));
  }

  /** Asks one server after the other until one answers. */
  private HttpResponse<String> insist(String path, UnaryOperator<HttpRequest.Builder> method)
      throws Exception {
    for (int attempt = 0; attempt < 600; attempt++) {
      URI server = servers.get(turn.getAndIncrement() % REPLICAS).server().address();
      try {
        HttpResponse<String> answer =
            client.send(
                method
                    .apply(HttpRequest.newBuilder(server.resolve(path)))
                    .timeout(Duration.ofSeconds(10))
                    .header("Content-Type", "application/json")
                    .build(),
                BodyHandlers.ofString());
        if (answer.statusCode() != 503 && answer.statusCode() != 429) {
          return answer;
        }
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
      } catch (IOException e) {
        // The server was killed, or is not up again.
      }
      retries.incrementAndGet();
      Thread.sleep(50);
    }
    throw new AssertionError("nobody answers " + path);
  }

  private void assertEndsWhereItEndsAlone(int number) throws Exception {
    String path = "/v1/sequences/sequence-" + number;
    JsonNode sequence = JSON.readTree(insist(path, HttpRequest.Builder::GET).body());
    String body = "{\"x\":[%s]}".formatted(Arrays.deepToString(inputs(number)));
    JsonNode alone = JSON.readTree(insist("/v1/models/lstm/unroll", body).body());
    assertThat(sequence.get("step").asInt()).isEqualTo(STEPS);
    for (String part : List.of("h", "c")) {
      JsonNode actual = sequence.get("state").get(part).get(0);
      JsonNode expected = alone.get("state").get(part).get(0);
      assertThat(actual.size()).isEqualTo(16);
      for (int i = 0; i < actual.size(); i++) {
        assertThat(actual.get(i).asDouble())
            .as("%s of sequence %d", part, number)
            .isCloseTo(expected.get(i).asDouble(), within(1e-6));
      }
    }
  }
}
