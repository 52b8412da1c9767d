package dev.keepgate.registry.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.ModelBytes;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.RegistryProperties.BuiltIn;
import dev.keepgate.registry.ReplicaListener;
import dev.keepgate.registry.ReplicaProperties.Content;
import dev.keepgate.registry.replica.redis.OpenCatalog;
import dev.keepgate.registry.version.ModelVersion;
import dev.keepgate.registry.version.OpenRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.util.unit.DataSize;

/** Several replicas, each over connections and a folder of its own, and one Redis. */
abstract class ReplicasContract extends Replicas {

  @Test
  void whatIsPutOnOneIsServedByAllAndRemovedByAll() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    join("c");
    a.put("m", 1, largeFile(1));
    b.put("m", 2, largeFile(2));
    awaitEverywhere("m/1 AVAILABLE", "m/2 AVAILABLE");
    assertAllStepAlike(new ModelId("m", 1));
    assertAllStepAlike(new ModelId("m", 2));
    assertThat(replicas)
        .extracting(replica -> replica.digest(new ModelId("m", 1)))
        .containsOnly(a.digest(new ModelId("m", 1)));
    assertThat(b.digest(new ModelId("m", 2))).isNotEqualTo(a.digest(new ModelId("m", 1)));
    b.remove("m", 1);
    awaitEverywhere("m/2 AVAILABLE");
    assertThat(a.root().resolve("m/1")).doesNotExist();
    redis(
        connection ->
            assertThat(connection.keyCommands().keys(bytes(OpenCatalog.key("content:*"))))
                .hasSize(1));
  }

  @Test
  void replicaThatJoinsHasAllBeforeItIsReady() throws Exception {
    Replica a = join("a");
    for (int version = 1; version <= 12; version++) {
      a.put("m", version, file(version));
    }
    Replica late = begin("late");
    Awaitility.await().pollInterval(1, TimeUnit.MILLISECONDS).until(late::isReady);
    assertThat(late.list()).hasSize(12).isEqualTo(a.list());
  }

  @Test
  void ofManyThatPutOneVersionOneSucceedsAndAllServeIt() throws Exception {
    Random random = new Random(seed);
    List<Replica> all = List.of(join("a"), join("b"), join("c"));
    ExecutorService clients = Executors.newFixedThreadPool(all.size());
    for (int round = 1; round <= 12; round++) {
      ModelId id = new ModelId("m", 1 + random.nextInt(3));
      CyclicBarrier start = new CyclicBarrier(all.size());
      List<Future<Boolean>> answers = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        Replica replica = all.get(i);
        byte[] file = file(100L * round + i);
        int delay = random.nextInt(3);
        answers.add(
            clients.submit(
                () -> {
                  start.await();
                  Thread.sleep(delay);
                  try {
                    replica.put(id.name(), id.version(), file);
                    return true;
                  } catch (RegistryException.VersionExists e) {
                    return false;
                  }
                }));
      }
      int stored = 0;
      for (Future<Boolean> answer : answers) {
        stored += answer.get() ? 1 : 0;
      }
      assertThat(stored).as("round %d", round).isEqualTo(1);
      awaitEverywhere(id + " AVAILABLE");
      assertAllStepAlike(id);
      all.get(random.nextInt(all.size())).remove(id.name(), id.version());
      awaitEverywhere();
    }
    clients.shutdown();
  }

  @Test
  void changesFromAllSidesEndInAgreement() throws Exception {
    Random random = new Random(seed);
    List<Replica> all = List.of(join("a"), join("b"), join("c"));
    ExecutorService clients = Executors.newFixedThreadPool(6);
    List<Future<?>> running = new ArrayList<>();
    AtomicInteger done = new AtomicInteger();
    for (int i = 0; i < 6; i++) {
      Random own = new Random(random.nextLong());
      Replica replica = all.get(i % all.size());
      running.add(
          clients.submit(
              () -> {
                for (int n = 0; n < 25; n++) {
                  long version = own.nextInt(1, 5);
                  try {
                    if (own.nextInt(3) > 0) {
                      replica.put("m", version, file(own.nextInt(1000)));
                    } else {
                      replica.remove("m", version);
                    }
                    done.incrementAndGet();
                  } catch (RegistryException.VersionExists
                      | RegistryException.NotFound
                      | RegistryException.NotAvailable
                      | RegistryException.ReplicasUnavailable e) {
                    Thread.sleep(own.nextInt(20));
                  }
                }
                return null;
              }));
    }
    for (Future<?> client : running) {
      client.get();
    }
    clients.shutdown();
    System.out.println("changes made: " + done);
    assertThat(done.get()).isPositive();
    Awaitility.await()
        .untilAsserted(
            () -> {
              Map<ModelId, String> agreed = new TreeMap<>();
              redis(
                  connection ->
                      connection
                          .hashCommands()
                          .hGetAll(bytes(OpenCatalog.key("versions")))
                          .forEach(
                              (id, entry) ->
                                  agreed.put(
                                      new ModelId("m", Long.parseLong(text(id).substring(2))),
                                      text(entry).split(" ")[0])));
              for (Replica replica : all) {
                // What failed to be fetched is here too, until it is dropped.
                Map<ModelId, String> here = new TreeMap<>();
                for (ModelVersion version : replica.registry().models.found().present()) {
                  boolean serves = version.status() == ModelStatus.AVAILABLE;
                  here.put(
                      version.id(),
                      serves
                          ? Objects.requireNonNull(version.revision()).id()
                          : version.status().name());
                }
                assertThat(here).isEqualTo(agreed);
              }
            });
    for (ModelVersion version : all.get(0).registry().models.found().present()) {
      assertAllStepAlike(version.id());
    }
  }

  @Test
  void nextNumberIsGivenOnce() throws Exception {
    List<Replica> all = List.of(join("a"), join("b"), join("c"));
    ExecutorService clients = Executors.newFixedThreadPool(all.size());
    Set<Long> numbers = new ConcurrentSkipListSet<>();
    List<Future<?>> running = new ArrayList<>();
    for (Replica replica : all) {
      running.add(
          clients.submit(
              () -> {
                for (int i = 0; i < 8; i++) {
                  ModelInfo info = replica.registry().put("m", OptionalLong.empty(), file(i));
                  assertThat(numbers.add(info.id().version())).as("%s", info.id()).isTrue();
                }
                return null;
              }));
    }
    for (Future<?> client : running) {
      client.get();
    }
    clients.shutdown();
    assertThat(numbers).hasSize(24);
    awaitEverywhere(
        numbers.stream().map(number -> "m/" + number + " AVAILABLE").toArray(String[]::new));
  }

  @Test
  void replicaThatWasAwayFollowsAndKeepsWhatOnlyItHas() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    a.put("m", 1, file(1));
    a.put("m", 2, file(2));
    awaitEverywhere("m/1 AVAILABLE", "m/2 AVAILABLE");
    leave(b);
    a.remove("m", 1);
    a.put("m", 3, file(3));
    // Number 2 is taken away and used again, for other files.
    a.remove("m", 2);
    a.put("m", 2, file(22));
    Files.write(Files.createDirectories(b.root().resolve("own/5")).resolve("model"), file(5));
    b = join("b");
    assertThat(b.list()).containsExactly("m/2 AVAILABLE", "m/3 AVAILABLE", "own/5 AVAILABLE");
    assertThat(b.root().resolve("m/1")).doesNotExist();
    assertThat(b.root().resolve(".displaced")).doesNotExist();
    awaitEverywhere("m/2 AVAILABLE", "m/3 AVAILABLE", "own/5 AVAILABLE");
    assertAllStepAlike(new ModelId("m", 2));
    assertAllStepAlike(new ModelId("own", 5));
  }

  @Test
  void redisThatLostAllIsToldAgain() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    for (int version = 1; version <= 5; version++) {
      a.put("m", version, file(version));
    }
    b.put("n", 1, file(6));
    awaitEverywhere(all(5, "n/1 AVAILABLE"));
    redis(connection -> connection.serverCommands().flushAll());
    Awaitility.await()
        .untilAsserted(
            () ->
                redis(
                    connection ->
                        assertThat(
                                connection.hashCommands().hLen(bytes(OpenCatalog.key("versions"))))
                            .isEqualTo(6)));
    join("c");
    awaitEverywhere(all(5, "n/1 AVAILABLE"));
    assertAllStepAlike(new ModelId("m", 5));
  }

  private static String[] all(int versions, String last) {
    return Stream.concat(
            LongStream.rangeClosed(1, versions).mapToObj(version -> "m/" + version + " AVAILABLE"),
            Stream.of(last))
        .toArray(String[]::new);
  }

  @Test
  void filesThatDifferFromWhatAllAgreeOnArePutAside() throws Exception {
    Replica a = join("a");
    a.put("m", 1, file(1));
    Path own = folder.resolve("b/m/1");
    Files.write(Files.createDirectories(own).resolve("model"), file(2));
    Files.write(
        Files.createDirectories(folder.resolve("b/m/2")).resolve("model.safetensors"), file(1));
    a.put("m", 2, file(1));
    Replica b = join("b");
    assertThat(b.list()).containsExactly("m/1 AVAILABLE", "m/2 AVAILABLE");
    assertAllStepAlike(new ModelId("m", 1));
    try (Stream<Path> aside = Files.walk(b.root().resolve(".displaced"))) {
      List<Path> files = aside.filter(Files::isRegularFile).toList();
      assertThat(files).hasSize(1);
      assertThat(Files.readAllBytes(files.get(0))).isEqualTo(file(2));
    }
    // The same files under the same number need not travel.
    assertThat(b.events(ReplicaListener.Event.FETCHED)).isEqualTo(1);
  }

  @Test
  void filesThatWereChangedBehindItsBackAreNotServed() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    a.put("m", 1, file(1));
    awaitEverywhere("m/1 AVAILABLE");
    leave(b);
    Files.write(b.root().resolve("m/1/model.safetensors"), file(2));
    join("b");
    awaitEverywhere("m/1 AVAILABLE");
    assertAllStepAlike(new ModelId("m", 1));
  }

  private byte[] contentKey(RedisConnection connection) {
    Set<byte[]> keys = connection.keyCommands().keys(bytes(OpenCatalog.key("content:*")));
    assertThat(keys).hasSize(1);
    return keys.iterator().next();
  }

  @Test
  void chunkThatIsMissingIsStoredAgain() throws Exception {
    Replica a = join("a");
    a.put("m", 1, largeFile(1));
    redis(
        connection ->
            assertThat(connection.hashCommands().hDel(contentKey(connection), bytes("2")))
                .isEqualTo(1));
    begin("b");
    awaitEverywhere("m/1 AVAILABLE");
    assertAllStepAlike(new ModelId("m", 1));
    assertThat(a.events(ReplicaListener.Event.ANNOUNCED)).isEqualTo(1);
  }

  @Test
  void damagedChunkIsNeverServedAndStoredAgain() throws Exception {
    Replica a = join("a");
    a.put("m", 1, largeFile(1));
    redis(
        connection ->
            connection
                .hashCommands()
                .hSet(contentKey(connection), bytes("2"), new byte[OpenCatalog.CHUNK]));
    Replica b = begin("b");
    awaitEverywhere("m/1 AVAILABLE");
    assertAllStepAlike(new ModelId("m", 1));
    assertThat(b.events(ReplicaListener.Event.FETCH_FAILED)).isPositive();
  }

  @Test
  void modelThatRedisHasNoRoomForIsRefusedAndLeavesNothing() throws Exception {
    Replica a = join("a");
    byte[] huge = ModelBytes.pytorch(64, 90, 1);
    assertThat(huge.length).isGreaterThan((int) OpenCatalog.MAX_BYTES);
    assertThatExceptionOfType(RegistryException.SharedStorageFull.class)
        .isThrownBy(() -> a.put("m", 1, huge))
        .withMessageContaining("100,000");
    assertThat(a.list()).isEmpty();
    assertThat(a.root().resolve("m")).doesNotExist();
    a.put("m", 1, file(1));
    redis(
        connection -> {
          assertThat(connection.keyCommands().exists(bytes(OpenCatalog.key("claims")))).isFalse();
          contentKey(connection);
        });
  }

  @Test
  void roomIsCountedUntilItIsFree() throws Exception {
    Replica a = join("a");
    byte[] file = ModelBytes.pytorch(40, 40, 1);
    assertThat(file.length).isBetween(50_000, 60_000);
    a.put("m", 1, file);
    assertThatExceptionOfType(RegistryException.SharedStorageFull.class)
        .isThrownBy(() -> a.put("m", 2, file));
    a.remove("m", 1);
    a.put("m", 2, file);
    a.remove("m", 2);
    redis(
        connection ->
            assertThat(connection.stringCommands().get(bytes(OpenCatalog.key("bytes"))))
                .isEqualTo(bytes("0")));
  }

  @Test
  void claimOfTheDeadRunsOut() throws Exception {
    Replica a = join("a");
    String value = "somebody %d 0".formatted(System.currentTimeMillis() + 1500);
    redis(
        connection ->
            connection
                .hashCommands()
                .hSet(bytes(OpenCatalog.key("claims")), bytes("m/1"), bytes(value)));
    assertThatExceptionOfType(RegistryException.VersionExists.class)
        .isThrownBy(() -> a.put("m", 1, file(1)));
    Awaitility.await()
        .ignoreExceptionsInstanceOf(RegistryException.VersionExists.class)
        .until(() -> a.put("m", 1, file(1)).status() == ModelStatus.AVAILABLE);
  }

  @Test
  void replicaWithTooLittleMemorySaysSoAndTheOthersServe() throws Exception {
    Replica a = join("a");
    a.put("m", 1, file(1));
    Replica small = begin("small", Content.REDIS, BuiltIn.NEVER, DataSize.ofBytes(10));
    Awaitility.await().until(small::isReady);
    ModelInfo info = small.registry().models.find(ModelRequest.latest("m"));
    assertThat(info.status()).isEqualTo(ModelStatus.END);
    assertThat(info.error()).contains("bytes", "are free");
    assertThat(a.list()).containsExactly("m/1 AVAILABLE");
    a.remove("m", 1);
    awaitEverywhere();
    assertThat(small.events(ReplicaListener.Event.FETCHED)).isEqualTo(1);
  }

  @Test
  void replicaThatCannotStoreAModelSaysSoAndTriesAgain() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    // A file where the model's folder would have to be.
    Path obstacle = Files.write(b.root().resolve("m"), new byte[] {1});
    a.put("m", 1, file(1));
    a.put("n", 1, file(2));
    Awaitility.await()
        .untilAsserted(() -> assertThat(b.list()).containsExactly("m/1 END", "n/1 AVAILABLE"));
    assertThat(b.registry().models.find(ModelRequest.latest("m")).error()).contains("m");
    Files.delete(obstacle);
    awaitEverywhere("m/1 AVAILABLE", "n/1 AVAILABLE");
  }

  @Test
  void removalOfAModelThatCouldNotBeFetchedIsOneForAll() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    Files.write(b.root().resolve("m"), new byte[] {1});
    a.put("m", 1, file(1));
    Awaitility.await().untilAsserted(() -> assertThat(b.list()).containsExactly("m/1 END"));
    b.remove("m", 1);
    awaitEverywhere();
  }

  @Test
  void builtInModelThatWasRemovedIsGoneFromAllAndStaysGone() throws Exception {
    begin("a", Content.REDIS, BuiltIn.ALWAYS, BUDGET);
    Replica b = begin("b", Content.REDIS, BuiltIn.ALWAYS, BUDGET);
    Replica auto = begin("auto", Content.REDIS, BuiltIn.AUTO, BUDGET);
    Awaitility.await().until(() -> replicas.stream().allMatch(Replica::isReady));
    assertThat(auto.list()).isEmpty();
    leave(auto);
    b.remove("notebook-cell", 1);
    begin("c", Content.REDIS, BuiltIn.ALWAYS, BUDGET);
    awaitEverywhere("notebook-sequence/1 AVAILABLE", "notebook-stacked/1 AVAILABLE");
  }

  @Test
  void sharedFolderCarriesTheBytesAndRedisTheNews() throws Exception {
    Replica a = begin("shared", Content.FOLDER, BuiltIn.NEVER, BUDGET);
    Replica b = begin("shared", Content.FOLDER, BuiltIn.NEVER, BUDGET);
    Awaitility.await().until(() -> a.isReady() && b.isReady());
    a.put("m", 1, file(1));
    b.put("m", 2, file(2));
    awaitEverywhere("m/1 AVAILABLE", "m/2 AVAILABLE");
    b.remove("m", 1);
    awaitEverywhere("m/2 AVAILABLE");
    b.put("m", 1, file(3));
    awaitEverywhere("m/1 AVAILABLE", "m/2 AVAILABLE");
    assertAllStepAlike(new ModelId("m", 1));
    redis(
        connection ->
            assertThat(connection.keyCommands().keys(bytes(OpenCatalog.key("content:*"))))
                .isEmpty());
    assertThat(a.root().resolve(".displaced")).doesNotExist();
    // What lies there already when they start is announced once, by any of them.
    leave(a);
    leave(b);
    Files.write(Files.createDirectories(folder.resolve("shared/own/1")).resolve("model"), file(5));
    begin("shared", Content.FOLDER, BuiltIn.NEVER, BUDGET);
    begin("shared", Content.FOLDER, BuiltIn.NEVER, BUDGET);
    awaitEverywhere("m/1 AVAILABLE", "m/2 AVAILABLE", "own/1 AVAILABLE");
    Awaitility.await("both call it the same")
        .ignoreExceptionsInstanceOf(RegistryException.ReplicasUnavailable.class)
        .until(
            () -> {
              replicas.get(1).remove("own", 1);
              return true;
            });
    awaitEverywhere("m/1 AVAILABLE", "m/2 AVAILABLE");
    assertThat(folder.resolve("shared/own")).doesNotExist();
  }

  @Test
  void versionThatIsHeldElsewhereIsHeldUntilItsHandleIsClosed() throws Exception {
    Replica a = join("a");
    Replica b = join("b");
    a.put("m", 1, file(1));
    awaitEverywhere("m/1 AVAILABLE");
    float[] before = b.step(new ModelId("m", 1));
    try (ModelHandle held = b.registry().models.acquire(ModelRequest.latest("m"))) {
      a.remove("m", 1);
      Awaitility.await().until(() -> b.list().equals(List.of("m/1 UNLOADING")));
      assertThat(OpenRegistry.step(held, new ReferenceKernel())).containsExactly(before);
      a.put("m", 1, file(2));
      Awaitility.await().until(() -> b.list().equals(List.of("m/1 AVAILABLE")));
      assertThat(OpenRegistry.step(held, new ReferenceKernel())).containsExactly(before);
    }
    assertThat(Arrays.equals(before, b.step(new ModelId("m", 1)))).isFalse();
  }
}
