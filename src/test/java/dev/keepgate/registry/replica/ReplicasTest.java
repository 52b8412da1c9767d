package dev.keepgate.registry.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.replica.redis.OpenCatalog;
import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over a {@code redis-server} of this machine, which can be taken away. */
class ReplicasTest extends ReplicasContract {

  @TempDir static Path redisFolder;
  private static RedisProcess redis;

  @BeforeAll
  static void start() throws IOException {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
    redis = RedisProcess.start(redisFolder);
  }

  @AfterAll
  static void stop() {
    if (redis != null) {
      redis.close();
    }
  }

  @Override
  String host() {
    return "127.0.0.1";
  }

  @Override
  int port() {
    return redis.port();
  }

  @Test
  void withoutRedisTheyServeWhatTheyHaveAndChangeNothing() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    a.put("m", 1, file(1));
    awaitEverywhere("m/1 AVAILABLE");
    leave(b);
    redis.kill();
    Replica empty;
    try {
      assertThatExceptionOfType(RegistryException.ReplicasUnavailable.class)
          .isThrownBy(() -> a.put("m", 2, file(2)));
      assertThatExceptionOfType(RegistryException.ReplicasUnavailable.class)
          .isThrownBy(() -> a.remove("m", 1));
      assertThat(a.list()).containsExactly("m/1 AVAILABLE");
      assertThat(a.root().resolve("m/1")).exists();
      assertThat(a.root().resolve("m/2")).doesNotExist();
      a.step(new ModelId("m", 1));
      // One that has models serves those; one that has none would answer that there are none.
      join("b");
      empty = begin("empty");
      empty.registry().awaitStartUp();
      TimeUnit.MILLISECONDS.sleep(500);
      assertThat(empty.isReady()).isFalse();
    } finally {
      redis.restart();
    }
    Awaitility.await().until(empty::isReady);
    awaitEverywhere("m/1 AVAILABLE");
    Awaitility.await()
        .ignoreExceptionsInstanceOf(RegistryException.ReplicasUnavailable.class)
        .until(() -> a.put("m", 2, file(2)).status() == ModelStatus.AVAILABLE);
    a.remove("m", 1);
    awaitEverywhere("m/2 AVAILABLE");
  }

  @Test
  void redisThatComesBackWithNothingIsToldAgain() throws Exception {
    Replica a = join("a");
    join("b");
    a.put("m", 1, file(1));
    a.put("m", 2, file(2));
    a.remove("m", 2);
    awaitEverywhere("m/1 AVAILABLE");
    redis.command("FLUSHALL");
    redis.kill();
    redis.restart();
    assertThat(redis.command("DBSIZE")).startsWith(":");
    Awaitility.await()
        .until(() -> redis.command("HLEN " + OpenCatalog.key("versions")).startsWith(":1"));
    join("c");
    awaitEverywhere("m/1 AVAILABLE");
  }

  @Test
  void brokenConnectionsLeaveNothingHalfDone() throws Exception {
    Random random = new Random(seed);
    Replica a = join("a");
    Replica b = join("b");
    ScheduledExecutorService chaos = Executors.newSingleThreadScheduledExecutor();
    Future<?> kills =
        chaos.scheduleWithFixedDelay(
            () -> redis.command("CLIENT KILL TYPE normal SKIPME yes"),
            50,
            150 + random.nextInt(150),
            TimeUnit.MILLISECONDS);
    TreeSet<Long> stored = new TreeSet<>();
    int refused = 0;
    for (long version = 1; version <= 12; version++) {
      refused += insist(random, List.of(a, b), "m", version);
      stored.add(version);
      // Room in Redis is bounded.
      if (stored.size() > 5) {
        long oldest = stored.first();
        refused += insistOnRemoval(random, List.of(a, b), "m", oldest);
        stored.remove(oldest);
      }
    }
    kills.cancel(true);
    chaos.shutdown();
    System.out.println("refused for want of Redis, and tried again: " + refused);
    Awaitility.await()
        .untilAsserted(
            () -> {
              assertThat(b.list()).isEqualTo(a.list());
              assertThat(a.list())
                  .isEqualTo(
                      stored.stream().map(version -> "m/" + version + " AVAILABLE").toList());
            });
    for (Long version : stored) {
      ModelId id = new ModelId("m", version);
      assertThat(b.step(id)).containsExactly(a.step(id));
      assertThat(Files.readAllBytes(b.root().resolve(id + "/model.safetensors")))
          .isEqualTo(largeFile(version));
    }
  }

  @Test
  void putThatIsTriedAgainOnAnotherReplicaIsHarmless() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    for (int version = 1; version <= 10; version++) {
      int number = version;
      a.put("m", number, file(number));
      // The other has it at once, or says that it is about to: never that it is another.
      Awaitility.await()
          .pollInterval(1, TimeUnit.MILLISECONDS)
          .ignoreExceptionsInstanceOf(RegistryException.NotAvailable.class)
          .until(() -> b.put("m", number, file(number)).status() == ModelStatus.AVAILABLE);
      assertThatExceptionOfType(RegistryException.VersionExists.class)
          .isThrownBy(() -> b.put("m", number, file(number + 1)));
    }
  }

  /**
   * Puts a version on either until it is there; how often that was refused. What was refused was
   * not done, though its number may be free again only after a moment.
   */
  private static int insist(Random random, List<Replica> replicas, String name, long version)
      throws Exception {
    for (int refused = 0; ; refused++) {
      try {
        replicas.get(random.nextInt(replicas.size())).put(name, version, largeFile(version));
        return refused;
      } catch (RegistryException.ReplicasUnavailable | RegistryException.VersionExists e) {
        assertThat(refused).as("%s", e).isLessThan(500);
        TimeUnit.MILLISECONDS.sleep(random.nextInt(50));
      }
    }
  }

  private static int insistOnRemoval(
      Random random, List<Replica> replicas, String name, long version) throws Exception {
    for (int refused = 0; ; refused++) {
      try {
        replicas.get(random.nextInt(replicas.size())).remove(name, version);
        return refused;
      } catch (RegistryException.ReplicasUnavailable
          | RegistryException.NotFound
          | RegistryException.NotAvailable e) {
        // It has not come to where it is to be removed, or was removed though the answer got lost.
        if (replicas.stream()
            .allMatch(
                replica ->
                    replica.list().stream()
                        .noneMatch((name + "/" + version + " AVAILABLE")::equals))) {
          return refused;
        }
        assertThat(refused).as("%s", e).isLessThan(500);
        TimeUnit.MILLISECONDS.sleep(random.nextInt(50));
      }
    }
  }
}
