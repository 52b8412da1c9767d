package dev.keepgate.registry.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels that all replicas agree on. */
class ReplicaLabelsTest extends Replicas {

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

  private static void label(Replica replica, String label, long version) {
    replica.registry().models.label("m", label, VersionLabel.of(version));
  }

  private static long latest(Replica replica) {
    try (ModelHandle handle = replica.registry().models.acquire(ModelRequest.latest("m"))) {
      return handle.id().version();
    }
  }

  private void awaitLabels(Map<String, Long> expected) {
    awaitTargets(
        expected.entrySet().stream()
            .collect(
                Collectors.toMap(Map.Entry::getKey, each -> VersionLabel.of(each.getValue()))));
  }

  private void awaitTargets(Map<String, VersionLabel> expected) {
    Awaitility.await()
        .untilAsserted(
            () -> {
              for (Replica replica : replicas) {
                assertThat(replica.registry().models.labels("m"))
                    .as("%s", replica.root())
                    .isEqualTo(expected);
              }
            });
  }

  @Test
  void labelOfOneIsThatOfAllAndOfThoseThatJoin() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    a.put("m", 1, file(1));
    b.put("m", 2, file(2));
    awaitEverywhere("m/1 AVAILABLE", "m/2 AVAILABLE");
    label(a, "stable", 1);
    label(b, "canary", 2);
    awaitLabels(Map.of("stable", 1L, "canary", 2L));
    Replica late = join("late");
    assertThat(late.registry().models.labels("m"))
        .isEqualTo(Map.of("stable", VersionLabel.of(1), "canary", VersionLabel.of(2)));
    assertThat(replicas).extracting(ReplicaLabelsTest::latest).containsOnly(1L);
    late.registry().models.unlabel("m", "stable");
    awaitLabels(Map.of("canary", 2L));
    assertThat(replicas).extracting(ReplicaLabelsTest::latest).containsOnly(2L);
  }

  @Test
  void weightAndShadowOfOneAreThoseOfAllAndOfThoseThatJoin() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    a.put("m", 1, file(1));
    a.put("m", 2, file(2));
    awaitEverywhere("m/1 AVAILABLE", "m/2 AVAILABLE");
    label(a, "stable", 1);
    Map<String, VersionLabel> expected = new TreeMap<>(Map.of("stable", VersionLabel.of(1)));
    for (double weight : new double[] {0.1, 0.5, 0.25}) {
      (weight == 0.5 ? b : a)
          .registry()
          .models
          .label("m", "canary", new VersionLabel(2, weight, 0.5));
      expected.put("canary", new VersionLabel(2, weight, 0.5));
      awaitTargets(expected);
    }
    redis(connection -> connection.serverCommands().flushAll());
    Replica late = join("late");
    Awaitility.await().untilAsserted(() -> assertThat(late.list()).hasSize(2));
    awaitTargets(expected);
    assertThatExceptionOfType(RegistryException.VersionLabelled.class)
        .isThrownBy(() -> late.remove("m", 2));
    for (Replica replica : replicas) {
      try (ModelHandle handle =
          replica.registry().models.acquire(new ModelRequest.Latest("m", 0.2))) {
        assertThat(handle.id().version()).isEqualTo(2);
      }
    }
    label(late, "canary", 2);
    expected.put("canary", VersionLabel.of(2));
    awaitTargets(expected);
  }

  /** A replica that is told next may not have heard of the first label: the catalog has. */
  @Test
  void weightsOfAllReplicasAddToNoMoreThanOne() throws Exception {
    Replica a = join("a");
    a.put("m", 1, file(1));
    label(a, "stable", 1);
    a.registry().models.label("m", "canary", new VersionLabel(1, 0.6));
    SharedCatalog catalog = a.catalog().catalog();
    assertThatExceptionOfType(RegistryException.TooMuchWeight.class)
        .isThrownBy(() -> catalog.label("m", "other", new VersionLabel(1, 0.5)))
        .withMessageContaining("0.6");
    assertThat(catalog.label("m", "canary", new VersionLabel(1, 0.9))).isTrue();
    assertThat(catalog.label("m", "other", new VersionLabel(1, 0.1, 0.5))).isTrue();
    awaitTargets(
        Map.of(
            "stable", VersionLabel.of(1),
            "canary", new VersionLabel(1, 0.9),
            "other", new VersionLabel(1, 0.1, 0.5)));
  }

  /** The replica that is asked may not have heard of the label yet. */
  @Test
  void versionWithALabelIsDeletedByNone() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    a.put("m", 1, file(1));
    awaitEverywhere("m/1 AVAILABLE");
    for (int round = 0; round < 20; round++) {
      label(a, "stable", 1);
      assertThatExceptionOfType(RegistryException.VersionLabelled.class)
          .isThrownBy(() -> b.remove("m", 1))
          .withMessageContaining("[stable]");
      assertThat(latest(a)).isEqualTo(1);
      a.registry().models.unlabel("m", "stable");
      awaitLabels(Map.of());
    }
    b.remove("m", 1);
    awaitEverywhere();
  }

  @Test
  void redisThatLostItsDataIsToldAgainAndWhatWasTakenAwayStaysSo() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    a.put("m", 1, file(1));
    awaitEverywhere("m/1 AVAILABLE");
    label(a, "stable", 1);
    label(a, "old", 1);
    awaitLabels(Map.of("stable", 1L, "old", 1L));
    leave(b);
    a.registry().models.unlabel("m", "old");
    Replica again = join("b");
    awaitLabels(Map.of("stable", 1L));
    redis(connection -> connection.serverCommands().flushAll());
    Replica late = join("late");
    Awaitility.await()
        .untilAsserted(() -> assertThat(late.list()).containsExactly("m/1 AVAILABLE"));
    awaitLabels(Map.of("stable", 1L));
    assertThat(latest(again)).isEqualTo(1);
  }

  /** A version is promoted the moment it is put, and the former deleted: nobody misses either. */
  @Test
  void promotionLosesNoRequestOnAnyReplica() throws Exception {
    Replica a = join("a");
    join("b");
    join("c");
    a.put("m", 1, file(1));
    awaitEverywhere("m/1 AVAILABLE");
    label(a, "stable", 1);
    awaitLabels(Map.of("stable", 1L));
    AtomicBoolean isOver = new AtomicBoolean();
    AtomicInteger served = new AtomicInteger();
    ExecutorService clients = Executors.newFixedThreadPool(replicas.size());
    List<Future<?>> running = new ArrayList<>();
    for (Replica replica : replicas) {
      running.add(
          clients.submit(
              () -> {
                long last = 0;
                while (!isOver.get()) {
                  long version = latest(replica);
                  assertThat(version).isGreaterThanOrEqualTo(last);
                  last = version;
                  served.incrementAndGet();
                }
                return null;
              }));
    }
    for (long next = 2; next <= 12; next++) {
      a.put("m", next, largeFile(next));
      label(a, "stable", next);
      awaitLabels(Map.of("stable", next));
      a.remove("m", next - 1);
    }
    isOver.set(true);
    for (Future<?> client : running) {
      client.get();
    }
    clients.shutdown();
    System.out.println("requests served: " + served);
    assertThat(served.get()).isGreaterThan(100);
  }
}
