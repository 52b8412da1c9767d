package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.model.LstmState;
import dev.keepgate.model.ModelId;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** Processes that pass their sequences on over a {@code redis-server} of this machine. */
class HandOverSequenceStoreTest {

  private static final ModelId MODEL = new ModelId("cell", 1);

  @TempDir Path folder;

  private RedisProcess redis;
  private LettuceConnectionFactory connections;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
    redis = RedisProcess.start(folder);
    connections = RedisContract.connect(redis);
  }

  @AfterEach
  void stop() {
    if (connections != null) {
      connections.destroy();
    }
    if (redis != null) {
      redis.close();
    }
  }

  private RedisSequenceStore inRedis() {
    SequenceProperties properties =
        SequenceStoreContract.properties(1000, 1000, 1 << 24, WhenFull.REJECT);
    return new RedisSequenceStore(
        connections, properties, Clock.systemUTC(), new SequenceListener() {});
  }

  /** What a process has that may keep so many sequences. */
  private HandOverSequenceStore process(int maxCount) {
    SequenceProperties properties =
        SequenceStoreContract.properties(maxCount, maxCount, 1 << 24, WhenFull.REJECT);
    HandOverSequenceStore store =
        new HandOverSequenceStore(
            new InMemorySequenceStore(properties, Clock.systemUTC(), new SequenceListener() {}),
            inRedis());
    store.start();
    return store;
  }

  private static Sequence sequence(String id) {
    LstmState state = new LstmState(new float[][] {{1, 2}}, new float[][] {{3, 4}});
    return Sequence.open(
        new SequenceId(id),
        MODEL,
        1,
        Duration.ofMinutes(1),
        Clock.systemUTC().instant(),
        7,
        state,
        null);
  }

  private static void assertHas(SequenceStore store, Sequence sequence) {
    assertThat(store.find(sequence.id())).usingRecursiveComparison().isEqualTo(sequence);
  }

  private static void assertHasNot(SequenceStore store, Sequence sequence) {
    assertThatThrownBy(() -> store.find(sequence.id()))
        .isInstanceOf(SequenceException.Unknown.class);
  }

  @Test
  void nextProcessGoesOnWhereTheLastOneEnded() {
    HandOverSequenceStore last = process(10);
    Sequence sequence = sequence("a");
    last.create(sequence);
    assertThat(redis.command("DBSIZE")).startsWith(":0");
    last.stop();
    HandOverSequenceStore next = process(10);
    assertThatThrownBy(() -> next.create(sequence("a")))
        .isInstanceOf(SequenceException.Exists.class);
    assertHas(next, sequence);
    assertHasNot(process(10), sequence);
    assertThat(next.usage().open()).isEqualTo(1);
    assertThat(redis.command("DBSIZE")).startsWith(":0");
  }

  @Test
  void whatWasHandedOverIsNotChangedAnyMore() {
    HandOverSequenceStore last = process(10);
    Sequence sequence = sequence("a");
    last.create(sequence);
    last.stop();
    Sequence after =
        sequence.after(
            new StepAnswer(false, 1, false, true, new float[2]),
            sequence.state(),
            Clock.systemUTC().instant());
    assertThatThrownBy(() -> last.replace(sequence, after))
        .isInstanceOf(SequenceException.Unavailable.class);
    assertThatThrownBy(() -> last.create(sequence("b")))
        .isInstanceOf(SequenceException.Unavailable.class);
    assertThatThrownBy(() -> last.remove(sequence.id()))
        .isInstanceOf(SequenceException.Unavailable.class);
    assertHas(process(10), sequence);
  }

  @Test
  void answerThatIsLostIsGivenToItsTakerAgain() {
    RedisSequenceStore store = inRedis();
    Sequence sequence = sequence("a");
    store.create(sequence);
    assertThat(store.take(sequence.id(), "one")).usingRecursiveComparison().isEqualTo(sequence);
    assertThatThrownBy(() -> store.take(sequence.id(), "two"))
        .isInstanceOf(SequenceException.Unknown.class);
    assertThat(store.take(sequence.id(), "one")).usingRecursiveComparison().isEqualTo(sequence);
    store.taken(sequence.id());
    assertThatThrownBy(() -> store.take(sequence.id(), "one"))
        .isInstanceOf(SequenceException.Unknown.class);
    assertThat(store.usage()).isEqualTo(new SequenceUsage(0, 0, null));
  }

  @Test
  void processWithoutRoomLeavesItInRedis() {
    HandOverSequenceStore last = process(10);
    Sequence sequence = sequence("a");
    last.create(sequence);
    last.stop();
    HandOverSequenceStore full = process(1);
    full.create(sequence("b"));
    assertThatThrownBy(() -> full.find(sequence.id())).isInstanceOf(SequenceException.Full.class);
    full.remove(new SequenceId("b"));
    assertHas(full, sequence);
  }

  @Test
  void oneOfManyThatAskTakesIt() throws Exception {
    HandOverSequenceStore last = process(200);
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Sequence sequence = sequence("s" + i);
      sequences.add(sequence);
      last.create(sequence);
    }
    last.stop();
    List<HandOverSequenceStore> next = List.of(process(200), process(200));
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<Integer>> found = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      HandOverSequenceStore store = next.get(i % 2);
      found.add(threads.submit(() -> count(store, sequences)));
    }
    int all = 0;
    for (Future<Integer> count : found) {
      all += count.get();
    }
    threads.shutdown();
    // Four threads ask each process, and all four have what it has.
    assertThat(all).isEqualTo(4 * sequences.size());
    assertThat(next.get(0).usage().open() + next.get(1).usage().open()).isEqualTo(100);
  }

  private static int count(SequenceStore store, List<Sequence> sequences) {
    int found = 0;
    for (Sequence sequence : sequences) {
      try {
        assertHas(store, sequence);
        found++;
      } catch (SequenceException.Unknown e) {
        // The other process has it.
      }
    }
    return found;
  }

  @Test
  void redisThatIsAwayForAMomentIsWaitedFor() throws Exception {
    HandOverSequenceStore last = process(100);
    for (int i = 0; i < 50; i++) {
      last.create(sequence("s" + i));
    }
    redis.kill();
    CompletableFuture<Void> stop = CompletableFuture.runAsync(last::stop);
    Thread.sleep(300);
    assertThat(stop).as("a hand-over without Redis").isNotDone();
    redis.restart();
    stop.get();
    HandOverSequenceStore next = process(100);
    for (int i = 0; i < 50; i++) {
      assertThat(next.find(new SequenceId("s" + i)).step()).isEqualTo(7);
    }
  }
}
