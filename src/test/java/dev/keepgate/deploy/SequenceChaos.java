package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.ModelBytes;
import dev.keepgate.sequence.RedisServer;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Three server processes over one Redis, servers and Redis killed and connections cut at random,
 * and clients that stay with a server for some steps, go to another where it does not answer, and
 * try again with the number of their step: every sequence ends where it ends alone.
 *
 * <p>{@code -Dkeepgate.sequences=200 -Dkeepgate.steps=500} for the long run; {@code
 * -Dkeepgate.seed=...} to repeat one.
 */
abstract class SequenceChaos {

  private static final int SEQUENCES = Integer.getInteger("keepgate.sequences", 40);
  private static final int STEPS = Integer.getInteger("keepgate.steps", 60);
  private static final int REPLICAS = 3;
  private static final int CLIENTS = 24;

  /** How many requests of a sequence a server gets in a row, on average. */
  private static final int STAY = 15;

  private static final int INPUT = 5;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path folder;

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final List<ServerProcess> servers = new CopyOnWriteArrayList<>();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger retries = new AtomicInteger();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger repeated = new AtomicInteger();
  private final AtomicBoolean over = new AtomicBoolean();

  /** Which server a client asks. */
  private static final class Turn {
    private int server;

    Turn(int first) {
      server = first % REPLICAS;
    }

    void pass() {
      server = (server + 1) % REPLICAS;
    }
  }

  /** Starts a Redis, or skips the test. */
  abstract RedisServer redis(Path data) throws Exception;

  private static final class Kills {
    private int servers;
    private int connections;
    private int redis;

    boolean areEnough() {
      return servers >= 2 && connections >= 2 && redis >= 1;
    }
  }

  @Test
  void everyStepIsTakenOnceWhateverIsKilled() throws Exception {
    System.out.printf("%s seed %d%n", getClass().getSimpleName(), seed);
    Path models = folder.resolve("models");
    Path version = Files.createDirectories(models.resolve("lstm/1"));
    Files.write(version.resolve("model.safetensors"), ModelBytes.pytorch(INPUT, 16, 7));
    try (RedisServer redis = redis(Files.createDirectories(folder.resolve("redis")))) {
      for (int i = 0; i < REPLICAS; i++) {
        servers.add(start(models, redis));
      }
      long begun = System.nanoTime();
      Kills kills = live(models, redis);
      long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
      for (int i = 0; i < SEQUENCES; i++) {
        assertEndsWhereItEndsAlone(i);
      }
      System.out.printf(
          "%d sequences of %d steps in %d s: %d servers killed, %d connections to Redis cut, Redis"
              + " killed %d times, %d reconnects, %d requests, %d of them tried again, %d answers"
              + " asked for again%n",
          SEQUENCES,
          STEPS,
          seconds,
          kills.servers,
          kills.connections,
          kills.redis,
          reconnects(),
          asked.get(),
          retries.get(),
          repeated.get());
      assertThat(retries.get()).isPositive();
    } finally {
      servers.forEach(ServerProcess::close);
    }
  }

  /** Leads all sequences through their steps, and kills meanwhile. */
  private Kills live(Path models, RedisServer redis) throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    ExecutorService killer = Executors.newSingleThreadExecutor();
    try {
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
      Future<Kills> kills = killer.submit(() -> kill(models, redis));
      for (Future<?> sequence : running) {
        sequence.get();
      }
      over.set(true);
      return kills.get(3, TimeUnit.MINUTES);
    } finally {
      over.set(true);
      clients.shutdownNow();
      killer.shutdown();
    }
  }

  /** Each start has a log of its own. */
  private ServerProcess start(Path models, RedisServer redis) throws IOException {
    return ServerProcess.start(
        models,
        folder.resolve("server-" + started.incrementAndGet() + ".log"),
        "--keepgate.sequences.store=redis",
        "--spring.data.redis.host=" + redis.host(),
        "--spring.data.redis.port=" + redis.port());
  }

  /** How often servers have said that they found Redis again. */
  private int reconnects() throws IOException {
    int times = 0;
    for (int i = 1; i <= started.get(); i++) {
      String log = Files.readString(folder.resolve("server-" + i + ".log"));
      times += log.split("Reconnected to", -1).length - 1;
    }
    return times;
  }

  /**
   * Cuts connections and kills servers and Redis until the clients are done, and each a few times
   * at least; what it has done. A server that was killed comes back while others run.
   */
  private Kills kill(Path models, RedisServer redis) throws Exception {
    Random random = new Random(seed);
    Kills kills = new Kills();
    ExecutorService starter = Executors.newSingleThreadExecutor();
    Future<?> restart = CompletableFuture.completedFuture(null);
    while (!over.get() || !kills.areEnough()) {
      Thread.sleep(100 + random.nextInt(900));
      int which = random.nextInt(12);
      if (which < 3 && restart.isDone()) {
        restart.get();
        int victim = random.nextInt(REPLICAS);
        servers.get(victim).kill();
        kills.servers++;
        restart =
            starter.submit(
                () -> {
                  servers.set(victim, start(models, redis));
                  return null;
                });
      } else if (which == 11) {
        redis.kill();
        kills.redis++;
        redis.restart();
      } else {
        kills.connections += cut(redis);
      }
    }
    restart.get();
    starter.shutdown();
    return kills;
  }

  /** Cuts every connection that Redis has; how many. */
  private static int cut(RedisServer redis) {
    String answer = redis.command("CLIENT KILL TYPE normal SKIPME yes").strip();
    return answer.startsWith(":") ? Integer.parseInt(answer.substring(1)) : 0;
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
    Turn turn = new Turn(number);
    HttpResponse<String> opened =
        insist(turn, "/v1/models/lstm/sequences", "{\"id\":\"" + id + "\"}");
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
      HttpResponse<String> answer = insist(turn, path, body);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      done += chunk;
      assertThat(JSON.readTree(answer.body()).get("step").asInt()).isEqualTo(done);
      if (random.nextInt(20) == 0) {
        HttpResponse<String> again = insist(turn, path, body);
        assertThat(again.body()).isEqualTo(answer.body());
        repeated.incrementAndGet();
      }
      if (random.nextInt(STAY) == 0) {
        turn.pass();
      }
    }
  }

  private HttpResponse<String> insist(Turn turn, String path, String body) throws Exception {
    return insist(turn, path, request -> request.POST(BodyPublishers.ofString(body)));
  }

  /** Asks the server whose turn it is, and one after the other until one answers. */
  private HttpResponse<String> insist(
      Turn turn, String path, UnaryOperator<HttpRequest.Builder> method) throws Exception {
    for (int attempt = 0; attempt < 600; attempt++) {
      URI server = servers.get(turn.server).server().address();
      asked.incrementAndGet();
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
      turn.pass();
      retries.incrementAndGet();
      Thread.sleep(50);
    }
    throw new AssertionError("nobody answers " + path);
  }

  private void assertEndsWhereItEndsAlone(int number) throws Exception {
    String path = "/v1/sequences/sequence-" + number;
    Turn turn = new Turn(number);
    JsonNode sequence = JSON.readTree(insist(turn, path, HttpRequest.Builder::GET).body());
    String body = "{\"x\":[%s]}".formatted(Arrays.deepToString(inputs(number)));
    JsonNode alone = JSON.readTree(insist(turn, "/v1/models/lstm/unroll", body).body());
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
