package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.sequence.SequenceListener.End;
import dev.keepgate.sequence.SequenceProperties.Store;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

/** What every store has to do. */
abstract class SequenceStoreContract {

  static final ModelId MODEL = new ModelId("cell", 1);
  static final ModelId OTHER = new ModelId("cell", 2);
  static final Duration TTL = Duration.ofSeconds(30);

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  final ConcurrentLinkedQueue<End> ended = new ConcurrentLinkedQueue<>();
  SequenceStore store;

  /** An empty store. */
  abstract SequenceStore open(SequenceProperties properties, SequenceListener listener)
      throws Exception;

  abstract Clock clock();

  /** Lets the store's time go on. */
  abstract void pass(Duration time) throws Exception;

  /** Has the store free what has expired. */
  abstract void reap();

  static SequenceProperties properties(int maxCount, int perModel, long maxBytes, WhenFull full) {
    return properties(maxCount, perModel, maxBytes, maxBytes, full);
  }

  static SequenceProperties properties(
      int maxCount, int perModel, long maxBytes, long bytesPerModel, WhenFull full) {
    return new SequenceProperties(
        Store.MEMORY,
        false,
        TTL,
        Duration.ofHours(1),
        maxCount,
        perModel,
        DataSize.ofBytes(maxBytes),
        DataSize.ofBytes(bytesPerModel),
        DataSize.ofMegabytes(1),
        full,
        3,
        8,
        Duration.ofSeconds(1),
        Duration.ofSeconds(1));
  }

  private SequenceStore open(SequenceProperties properties) throws Exception {
    return open(
        properties,
        new SequenceListener() {
          @Override
          public void ended(ModelId model, End end) {
            ended.add(end);
          }
        });
  }

  @BeforeEach
  void open() throws Exception {
    store = open(properties(1000, 1000, 1 << 24, WhenFull.REJECT));
  }

  @AfterEach
  void close() {
    store.close();
  }

  Sequence sequence(String id, ModelId model, Duration ttl, int hidden) {
    return sequence(new SequenceId(id), model, ttl, hidden);
  }

  private Sequence sequence(SequenceId id, ModelId model, Duration ttl, int hidden) {
    RecurrentState state =
        TestStates.lstm(
            2,
            new float[][] {new float[2 * hidden], {1f, -2.5f}},
            new float[][] {new float[2 * hidden], {Float.MIN_VALUE, 7f}});
    return Sequence.open(
        id,
        new ModelContent(model, null),
        2,
        ttl,
        clock().instant(),
        new Sequence.Progress(0, state, null));
  }

  Sequence sequence(String id) {
    return sequence(id, MODEL, TTL, 3);
  }

  Sequence next(Sequence now) {
    StepResult answer = new StepResult(true, 2, true, false, new float[] {1, 2, 3});
    return now.after(answer, now.state(), clock().instant());
  }

  private static void assertSame(Sequence actual, Sequence expected) {
    assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
  }

  @Test
  void keepsWhatItWasGiven() {
    Sequence first = sequence("a");
    store.create(first);
    assertSame(store.find(first.id()), first);
    Sequence second = next(first);
    assertThat(store.replace(first, second)).isTrue();
    assertSame(store.find(first.id()), second);
    assertThat(second.step()).isEqualTo(2);
    store.remove(first.id());
    assertThatThrownBy(() -> store.find(first.id())).isInstanceOf(SequenceException.Unknown.class);
    assertThatThrownBy(() -> store.remove(first.id()))
        .isInstanceOf(SequenceException.Unknown.class);
    assertThatThrownBy(() -> store.replace(second, next(second)))
        .isInstanceOf(SequenceException.Unknown.class);
    assertThat(ended).containsExactly(End.DELETED);
  }

  @Test
  void onlyTheFirstOfTwoChangesCounts() {
    Sequence first = sequence("a");
    store.create(first);
    Sequence winner = next(first);
    assertThat(store.replace(first, winner)).isTrue();
    assertThat(store.replace(first, next(first))).isFalse();
    assertSame(store.find(first.id()), winner);
    store.remove(first.id());
    Sequence reborn = sequence("a");
    store.create(reborn);
    assertThat(store.replace(winner, next(winner))).isFalse();
    assertSame(store.find(first.id()), reborn);
  }

  @Test
  void idIsTakenOnce() {
    store.create(sequence("a"));
    assertThatThrownBy(() -> store.create(sequence("a")))
        .isInstanceOf(SequenceException.Exists.class);
  }

  @Test
  void expiresUnlessItIsStepped() throws Exception {
    Sequence idle = sequence("idle", MODEL, Duration.ofSeconds(2), 3);
    Sequence stepped = sequence("stepped", MODEL, Duration.ofSeconds(2), 3);
    store.create(idle);
    store.create(stepped);
    pass(Duration.ofMillis(1250));
    Sequence later = next(stepped);
    assertThat(store.replace(stepped, later)).isTrue();
    pass(Duration.ofMillis(1250));
    assertThatThrownBy(() -> store.find(idle.id())).isInstanceOf(SequenceException.Expired.class);
    assertThatThrownBy(() -> store.replace(idle, next(idle)))
        .isInstanceOf(SequenceException.Expired.class);
    assertThatThrownBy(() -> store.remove(idle.id())).isInstanceOf(SequenceException.Expired.class);
    assertSame(store.find(stepped.id()), later);
    reap();
    assertThat(store.usage().open()).isEqualTo(1);
    assertThatThrownBy(() -> store.find(idle.id())).isInstanceOf(SequenceException.Expired.class);
    assertThat(ended).containsExactly(End.EXPIRED);
    store.create(sequence("idle"));
    store.remove(idle.id());
    assertThatThrownBy(() -> store.find(idle.id())).isInstanceOf(SequenceException.Unknown.class);
  }

  @Test
  void remembersOnlySoManyThatExpired() throws Exception {
    for (int i = 0; i < 5; i++) {
      store.create(sequence("s" + i, MODEL, Duration.ofMillis(20 + 10 * i), 1));
    }
    pass(Duration.ofMillis(200));
    reap();
    assertThat(ended).hasSize(5);
    assertThatThrownBy(() -> store.find(new SequenceId("s0")))
        .isInstanceOf(SequenceException.Unknown.class);
    assertThatThrownBy(() -> store.find(new SequenceId("s4")))
        .isInstanceOf(SequenceException.Expired.class);
  }

  @Test
  void booksAreRight() {
    Sequence a = sequence("a");
    Sequence b = sequence("b", OTHER, TTL, 5);
    store.create(a);
    store.create(b);
    Sequence grown = next(a);
    store.replace(a, grown);
    assertThat(store.usage().open()).isEqualTo(2);
    assertThat(store.usage().bytes()).isEqualTo(grown.bytes() + b.bytes());
    assertThat(store.usage().oldest()).isNotNull().isBeforeOrEqualTo(b.openedAt());
    assertThat(store.count(MODEL)).isEqualTo(1);
    assertThat(store.count(new ModelId("none", 1))).isZero();
    store.remove(a.id());
    store.remove(b.id());
    assertThat(store.usage()).isEqualTo(new SequenceUsage(0, 0, null));
    assertThat(store.count(MODEL)).isZero();
  }

  private List<String> listed(SequenceQuery query) {
    return store.list(query).stream().map(summary -> summary.id().value()).toList();
  }

  @Test
  void listsInTheOrderOfOpeningAPageAtATime() throws Exception {
    // Some begin in the same millisecond, and stand in the order of their ids.
    Random random = new Random(seed);
    List<Sequence> all = new ArrayList<>();
    for (int i = 0; i < 23; i++) {
      ModelId model = i % 3 == 0 ? new ModelId("other", i % 2 + 1) : MODEL;
      Sequence sequence = sequence("s" + random.nextInt(1000) + "-" + i, model, TTL, 1 + i % 4);
      store.create(sequence);
      all.add(sequence);
    }
    all.sort(Comparator.comparing(each -> SequenceSummary.of(each).place()));
    SequencePlace place = null;
    for (int from = 0; from < all.size(); from += 4) {
      List<SequenceSummary> page = store.list(new SequenceQuery(place, 4, null, ""));
      assertThat(page)
          .as("seed %d", seed)
          .isEqualTo(
              all.subList(from, Math.min(from + 4, all.size())).stream()
                  .map(SequenceSummary::of)
                  .toList());
      place = page.get(page.size() - 1).place();
      // The next page begins where this one ended, though its last sequence is gone.
      store.remove(page.get(page.size() - 1).id());
    }
    assertThat(store.list(new SequenceQuery(place, 4, null, ""))).isEmpty();
  }

  @Test
  void listsAModelsSequencesAsTheyAre() throws Exception {
    Sequence first = sequence("a");
    store.create(first);
    store.create(sequence("b", new ModelId("cells", 1), TTL, 2));
    store.create(sequence("c", OTHER, Duration.ofSeconds(90), 2));
    store.create(sequence("d", MODEL, Duration.ofMillis(400), 2));
    pass(Duration.ofSeconds(1));
    Sequence after = next(first);
    assertThat(store.replace(first, after)).isTrue();
    assertThat(store.list(new SequenceQuery(null, 1, "cell", "")))
        .containsExactly(SequenceSummary.of(after));
    // What has expired is not there, whether or not it was collected.
    assertThat(listed(new SequenceQuery(null, 9, "cell", ""))).containsExactlyInAnyOrder("a", "c");
    assertThat(listed(new SequenceQuery(null, 9, null, "")))
        .containsExactlyInAnyOrder("a", "b", "c");
    assertThat(listed(new SequenceQuery(null, 9, "cel", ""))).isEmpty();
    reap();
    assertThat(listed(new SequenceQuery(null, 9, null, ""))).hasSize(3);
    assertThat(store.usage().open()).isEqualTo(3);
  }

  @Test
  void boundsHold() throws Exception {
    long each = sequence("a").bytes();
    store = open(properties(3, 2, 4 * each, WhenFull.REJECT));
    store.create(sequence("a"));
    store.create(sequence("b"));
    assertFull(sequence("c"));
    store.create(sequence("d", OTHER, TTL, 3));
    assertFull(sequence("e", OTHER, TTL, 3));
    store.remove(new SequenceId("d"));
    assertFull(sequence("f", OTHER, TTL, 3 + (int) (2 * each / 16)));
    Sequence a = store.find(new SequenceId("a"));
    Sequence big =
        a.after(
            new StepResult(false, 1, false, true, new float[(int) each]),
            a.state(),
            clock().instant());
    assertThatThrownBy(() -> store.replace(a, big)).isInstanceOf(SequenceException.Full.class);
    assertSame(store.find(a.id()), a);
    assertThat(store.usage().bytes()).isEqualTo(2 * each);
    assertThat(ended).containsExactly(End.DELETED);
  }

  private Sequence owned(String owner, String id) {
    return sequence(new SequenceId(owner, id), MODEL, TTL, 3);
  }

  @Test
  void ownersDoNotMeet() {
    Sequence ann = owned("ann", "a");
    Sequence bob = owned("bob", "a");
    Sequence nobody = sequence("a");
    List.of(ann, bob, nobody).forEach(store::create);
    assertSame(store.find(ann.id()), ann);
    assertSame(store.find(bob.id()), bob);
    assertSame(store.find(nobody.id()), nobody);
    Sequence after = next(ann);
    assertThat(store.replace(ann, after)).isTrue();
    assertSame(store.find(ann.id()), after);
    assertSame(store.find(bob.id()), bob);
    assertThat(store.list(new SequenceQuery(null, 9, null, "ann")))
        .containsExactly(SequenceSummary.of(after));
    assertThat(store.list(new SequenceQuery(null, 9, null, "")))
        .containsExactly(SequenceSummary.of(nobody));
    assertThat(store.list(new SequenceQuery(null, 9, null, "an"))).isEmpty();
    store.remove(ann.id());
    assertThatThrownBy(() -> store.find(ann.id())).isInstanceOf(SequenceException.Unknown.class);
    assertSame(store.find(bob.id()), bob);
    assertThat(store.usage().open()).isEqualTo(2);
  }

  @Test
  void ownerHasNoMoreThanItsBoundAndEndsNobodyElses() throws Exception {
    store = open(properties(100, 100, 1 << 24, WhenFull.EVICT));
    store.create(owned("bob", "x"), 2);
    store.create(owned("ann", "a"), 2);
    store.create(sequence(new SequenceId("ann", "b"), MODEL, Duration.ofMillis(300), 3), 2);
    Sequence third = owned("ann", "c");
    assertThatThrownBy(() -> store.create(third, 2))
        .isInstanceOf(SequenceException.Full.class)
        .hasMessage("you have 2 open sequences, as many as you may; end some");
    assertThat(ended).isEmpty();
    // What has expired makes room, and what was ended.
    pass(Duration.ofMillis(500));
    store.create(third, 2);
    assertThatThrownBy(() -> store.create(owned("ann", "d"), 2))
        .isInstanceOf(SequenceException.Full.class);
    store.remove(third.id());
    store.create(owned("ann", "d"), 2);
    assertSame(store.find(owned("bob", "x").id()), store.find(new SequenceId("bob", "x")));
    assertThat(ended).containsExactly(End.EXPIRED, End.DELETED);
    store.create(sequence("of-nobody"), 1);
  }

  private void assertFull(Sequence sequence) {
    assertThatThrownBy(() -> store.create(sequence)).isInstanceOf(SequenceException.Full.class);
    assertThatThrownBy(() -> store.find(sequence.id()))
        .isInstanceOf(SequenceException.Unknown.class);
  }

  @Test
  void theOneThatWouldExpireFirstMakesRoom() throws Exception {
    store = open(properties(3, 2, 1 << 20, WhenFull.EVICT));
    Sequence a = sequence("a", MODEL, Duration.ofSeconds(20), 3);
    store.create(a);
    store.create(sequence("b", MODEL, Duration.ofSeconds(40), 3));
    store.create(sequence("c", OTHER, Duration.ofSeconds(10), 3));
    store.create(sequence("d", MODEL, TTL, 3));
    assertThatThrownBy(() -> store.find(a.id())).isInstanceOf(SequenceException.Expired.class);
    store.create(sequence("e", OTHER, TTL, 3));
    assertThatThrownBy(() -> store.find(new SequenceId("c")))
        .isInstanceOf(SequenceException.Expired.class);
    assertThat(ended).containsExactly(End.EVICTED, End.EVICTED);
    assertThatThrownBy(() -> store.create(sequence("f", MODEL, TTL, 1 << 18)))
        .isInstanceOf(SequenceException.Full.class);
    assertThat(store.usage().open()).isEqualTo(3);
  }

  @Test
  void noModelMakesRoomWhereAnotherOneIsFull() throws Exception {
    long each = sequence("a").bytes();
    store = open(properties(100, 100, 100 * each, 2 * each, WhenFull.EVICT));
    Sequence bystander = sequence("bystander", OTHER, Duration.ofSeconds(5), 3);
    store.create(bystander);
    store.create(sequence("a", MODEL, Duration.ofSeconds(20), 3));
    store.create(sequence("b"));
    store.create(sequence("c"));
    assertSame(store.find(bystander.id()), bystander);
    assertThatThrownBy(() -> store.find(new SequenceId("a")))
        .isInstanceOf(SequenceException.Expired.class);
    assertThat(ended).containsExactly(End.EVICTED);
  }

  @Test
  void sequenceThatGrowsIsMadeRoomForByOthersAlone() throws Exception {
    long each = sequence("a").bytes();
    store = open(properties(100, 100, 3 * each, WhenFull.EVICT));
    Sequence grows = sequence("grows", MODEL, Duration.ofSeconds(5), 3);
    store.create(grows);
    store.create(sequence("a", MODEL, Duration.ofSeconds(20), 3));
    store.create(sequence("b", OTHER, TTL, 3));
    Sequence grown = next(grows);
    assertThat(store.replace(grows, grown)).isTrue();
    assertSame(store.find(grows.id()), grown);
    assertThatThrownBy(() -> store.find(new SequenceId("a")))
        .isInstanceOf(SequenceException.Expired.class);
    assertThat(store.usage().bytes()).isEqualTo(grown.bytes() + each);
    float[] tooMuch = new float[(int) each];
    Sequence tooBig =
        grown.after(
            new StepResult(false, 1, false, true, tooMuch), grown.state(), grown.openedAt());
    assertThatThrownBy(() -> store.replace(grown, tooBig))
        .isInstanceOf(SequenceException.Full.class);
    assertSame(store.find(grows.id()), grown);
    assertThat(ended).containsExactly(End.EVICTED);
  }

  /** Steps, deletes, expiries and births on few ids, and books that are right at the end. */
  @Test
  void racesLoseAndDoubleNothing() throws Exception {
    System.out.println(getClass().getSimpleName() + " seed " + seed);
    int threads = 6;
    AtomicLong created = new AtomicLong();
    AtomicLong applied = new AtomicLong();
    AtomicLong seen = new AtomicLong();
    CyclicBarrier start = new CyclicBarrier(threads);
    ExecutorService clients = Executors.newFixedThreadPool(threads);
    List<Future<?>> running = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      Random random = new Random(seed + thread);
      running.add(
          clients.submit(
              () -> {
                start.await();
                for (int i = 0; i < 400; i++) {
                  race(random, created, applied, seen);
                }
                return null;
              }));
    }
    for (Future<?> client : running) {
      client.get();
    }
    clients.shutdown();
    pass(Duration.ofMillis(50));
    reap();
    long open = store.usage().open();
    assertThat(ended).hasSize((int) (created.get() - open));
    long bytes = 0;
    for (int i = 0; i < 2; i++) {
      try {
        Sequence left = store.find(new SequenceId("r" + i));
        bytes += left.bytes();
        store.remove(left.id());
      } catch (SequenceException.Unknown | SequenceException.Expired e) {
        // It may be open or not: the books say.
      }
    }
    assertThat(store.usage()).isEqualTo(new SequenceUsage(0, 0, null));
    assertThat(applied.get()).isPositive();
    assertThat(bytes >= 0 && open <= 2).isTrue();
  }

  private void race(Random random, AtomicLong created, AtomicLong applied, AtomicLong seen)
      throws Exception {
    SequenceId id = new SequenceId("r" + random.nextInt(2));
    try {
      switch (random.nextInt(10)) {
        case 0 -> {
          store.remove(id);
        }
        case 1 -> {
          Duration ttl = random.nextBoolean() ? TTL : Duration.ofMillis(1 + random.nextInt(10));
          store.create(sequence(id.value(), random.nextBoolean() ? MODEL : OTHER, ttl, 2));
          created.incrementAndGet();
        }
        case 2 -> {
          pass(Duration.ofMillis(1));
          reap();
        }
        default -> {
          Sequence now = store.find(id);
          Sequence next = next(now);
          if (store.replace(now, next)) {
            applied.incrementAndGet();
            assertThat(next.step()).isEqualTo(now.step() + 2);
          } else {
            seen.incrementAndGet();
          }
        }
      }
    } catch (SequenceException.Unknown | SequenceException.Expired | SequenceException.Exists e) {
      seen.incrementAndGet();
    }
  }
}
