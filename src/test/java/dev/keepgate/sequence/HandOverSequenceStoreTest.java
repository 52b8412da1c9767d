package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.data.redis.connection.RedisConnectionFactory;
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
    return new RedisSequenceStore(connections, RedisContract.PREFIX, properties, Listeners.none());
  }

  /** What a process has that may keep so many sequences. */
  private HandOverSequenceStore process(int maxCount) {
    return process(maxCount, System::nanoTime);
  }

  private HandOverSequenceStore process(int maxCount, LongSupplier ticker) {
    SequenceProperties properties =
        SequenceStoreContract.properties(maxCount, maxCount, 1 << 24, WhenFull.REJECT);
    HandOverSequenceStore store =
        new HandOverSequenceStore(
            new InMemorySequenceStore(properties, ticker, Listeners.none()), inRedis());
    store.start();
    return store;
  }

  private static Sequence sequence(String id) {
    return owned("", id);
  }

  private static Sequence owned(String owner, String id) {
    RecurrentState state = TestStates.lstm(1, new float[][] {{1, 2}}, new float[][] {{3, 4}});
    return Sequence.open(
        new SequenceId(owner, id),
        new ModelContent(MODEL, "of the files"),
        1,
        Duration.ofMinutes(1),
        Clock.systemUTC().instant(),
        new Sequence.Progress(7, state, null));
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
  void handsOwnersTheirOwnOver() {
    HandOverSequenceStore last = process(10);
    Sequence ann = owned("ann", "a");
    Sequence bob = owned("bob", "a");
    last.create(ann, 1);
    last.create(bob, 1);
    last.stop();
    HandOverSequenceStore next = process(10);
    assertHas(next, ann);
    assertHasNot(next, sequence("a"));
    assertThatThrownBy(() -> next.create(owned("ann", "b"), 1))
        .isInstanceOf(SequenceException.Full.class);
    assertHas(next, bob);
    assertThat(redis.command("DBSIZE")).startsWith(":0");
  }

  @Test
  void listsWhatIsHereAndWhatWaits() {
    HandOverSequenceStore last = process(10);
    last.create(sequence("a"));
    last.create(sequence("b"));
    last.stop();
    HandOverSequenceStore next = process(10);
    next.create(sequence("c"));
    var unused = next.find(new SequenceId("b"));
    List<SequenceSummary> all = next.list(new SequenceQuery(null, 10, null, ""));
    assertThat(all).extracting(each -> each.id().value()).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(all).extracting(SequenceSummary::place).isSorted();
    assertThat(next.list(new SequenceQuery(all.get(0).place(), 1, null, "")))
        .containsExactly(all.get(1));
  }

  @Test
  void whatWasHandedOverIsNotChangedAnyMore() {
    HandOverSequenceStore last = process(10);
    Sequence sequence = sequence("a");
    last.create(sequence);
    last.stop();
    Sequence after =
        sequence.after(
            new StepResult(false, 1, false, true, new float[2]),
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

  /** Lets a process begin to end, until it has ended or waits for whoever calls. */
  private static void begin(Thread stopping) {
    stopping.start();
    Awaitility.await()
        .until(
            () ->
                stopping.getState() == Thread.State.TERMINATED
                    || stopping.getState() == Thread.State.WAITING);
  }

  /** What is answered was handed over, whenever the hand-over begins. */
  @Test
  void changeThatMeetsTheHandOverIsHandedOverOrRefused() throws Exception {
    TestClock clock = new TestClock();
    HandOverSequenceStore last = process(10, clock::ticks);
    Sequence before = sequence("a");
    last.create(before);
    Sequence after =
        before.after(
            new StepResult(false, 1, false, true, new float[2]),
            before.state(),
            Clock.systemUTC().instant());
    Thread stopping = new Thread(last::stop);
    // The store looks at its clock in the middle of a change.
    clock.beforeNextLook(() -> begin(stopping));
    boolean answered = last.replace(before, after);
    stopping.join();
    assertHas(process(10), answered ? after : before);
  }

  @Test
  void birthThatMeetsTheHandOverIsHandedOverOrRefused() throws Exception {
    TestClock clock = new TestClock();
    HandOverSequenceStore last = process(10, clock::ticks);
    Sequence sequence = sequence("a");
    Thread stopping = new Thread(last::stop);
    clock.beforeNextLook(() -> begin(stopping));
    last.create(sequence);
    stopping.join();
    assertHas(process(10), sequence);
  }

  @Test
  void sequenceOnItsWayInWhenItsProcessEndsIsNotLost() throws Exception {
    inRedis().create(sequence("a"));
    TestClock clock = new TestClock();
    HandOverSequenceStore last = process(10, clock::ticks);
    Thread stopping = new Thread(last::stop);
    clock.beforeNextLook(() -> begin(stopping));
    Sequence found = last.find(new SequenceId("a"));
    stopping.join();
    assertHas(process(10), found);
  }

  /** A test's context may be stopped and started again, as a whole server may. */
  @Test
  void processThatGoesOnAfterAllTakesItsSequencesBack() {
    HandOverSequenceStore store = process(10);
    Sequence sequence = sequence("a");
    store.create(sequence);
    store.stop();
    store.start();
    Sequence after =
        sequence.after(
            new StepResult(false, 1, false, true, new float[2]),
            sequence.state(),
            Clock.systemUTC().instant());
    assertThat(store.replace(store.find(sequence.id()), after)).isTrue();
    store.stop();
    assertHas(process(10), after);
  }

  @Test
  void timeThatIsLeftMovesWithTheSequence() {
    TestClock clock = new TestClock();
    HandOverSequenceStore last = process(10, clock::ticks);
    last.create(sequence("a"));
    clock.pass(Duration.ofSeconds(40));
    last.stop();
    TestClock later = new TestClock();
    HandOverSequenceStore next = process(10, later::ticks);
    assertThat(next.find(new SequenceId("a")).step()).isEqualTo(7);
    later.pass(Duration.ofSeconds(20));
    assertThatThrownBy(() -> next.find(new SequenceId("a")))
        .isInstanceOf(SequenceException.Expired.class);
  }

  @Test
  void sequenceThatWasBegunAnewElsewhereIsFoundWhereTheOldOneExpired() {
    TestClock clock = new TestClock();
    HandOverSequenceStore store = process(10, clock::ticks);
    store.create(sequence("a"));
    clock.pass(Duration.ofMinutes(1));
    assertThatThrownBy(() -> store.find(new SequenceId("a")))
        .isInstanceOf(SequenceException.Expired.class);
    HandOverSequenceStore other = process(10);
    Sequence anew = sequence("a");
    other.create(anew);
    other.stop();
    assertHas(store, anew);
  }

  @Test
  void answerThatIsLostIsGivenToItsTakerAgain() {
    RedisSequenceStore store = inRedis();
    Sequence sequence = sequence("a");
    store.create(sequence);
    RedisSequenceStore.Taken first = store.take(sequence.id(), "one");
    assertThat(first.sequence().sequence()).usingRecursiveComparison().isEqualTo(sequence);
    assertThat(first.left()).isPositive().isLessThanOrEqualTo(sequence.ttl());
    assertThat(store.take(sequence.id(), "two").sequence()).isEqualTo(Lookup.UNKNOWN);
    assertThat(store.take(sequence.id(), "one")).usingRecursiveComparison().isEqualTo(first);
    store.taken(sequence.id());
    assertThat(store.take(sequence.id(), "one").sequence()).isEqualTo(Lookup.UNKNOWN);
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
    AtomicInteger attempts = new AtomicInteger();
    SequenceProperties properties =
        SequenceStoreContract.properties(100, 100, 1 << 24, WhenFull.REJECT);
    HandOverSequenceStore last =
        new HandOverSequenceStore(
            new InMemorySequenceStore(properties, System::nanoTime, Listeners.none()),
            new RedisSequenceStore(
                counting(connections, attempts),
                RedisContract.PREFIX,
                properties,
                Listeners.none()),
            Duration.ofMinutes(5));
    last.start();
    for (int i = 0; i < 50; i++) {
      last.create(sequence("s" + i));
    }
    redis.kill();
    int before = attempts.get();
    CompletableFuture<Void> stop = CompletableFuture.runAsync(last::stop);
    // There are 50, so the 51st attempt is one that is made again.
    Awaitility.await("a second attempt").until(() -> attempts.get() > before + 50);
    assertThat(stop).as("a hand-over without Redis").isNotDone();
    redis.restart();
    stop.get();
    HandOverSequenceStore next = process(100);
    for (int i = 0; i < 50; i++) {
      assertThat(next.find(new SequenceId("s" + i)).step()).isEqualTo(7);
    }
  }

  /** The connections, and how often somebody asked for one: once for each script. */
  private static RedisConnectionFactory counting(
      RedisConnectionFactory connections, AtomicInteger asked) {
    return (RedisConnectionFactory)
        Proxy.newProxyInstance(
            RedisConnectionFactory.class.getClassLoader(),
            new Class<?>[] {RedisConnectionFactory.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getConnection")) {
                asked.incrementAndGet();
              }
              try {
                return method.invoke(connections, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
