package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** In front of a store in memory. */
class RecentSequenceStoreTest extends InMemoryContract {

  private static final long BYTES = 1 << 20;

  @Override
  SequenceStore inFrontOf(InMemorySequenceStore behind) {
    return new RecentSequenceStore(behind, BYTES, clock::ticks);
  }

  private Sequence stepped(SequenceStore by, Sequence from, int steps) {
    Sequence now = from;
    for (int i = 0; i < steps; i++) {
      Sequence next = next(now);
      assertThat(by.replace(now, next)).isTrue();
      now = next;
    }
    return now;
  }

  @Test
  void remembersTheLastOfFiveInARow() {
    Sequence first = sequence("a");
    store.create(first);
    Sequence fourth = stepped(store, first, 4);
    assertThat(store.recent(first.id())).isNull();
    Sequence fifth = stepped(store, fourth, 1);
    assertThat(store.recent(first.id())).isSameAs(fifth);
    Sequence last = stepped(store, fifth, 20);
    assertThat(store.recent(first.id())).isSameAs(last);
  }

  @Test
  void forgetsWhatAnotherHasTakenOn() {
    Sequence first = sequence("a");
    store.create(first);
    Sequence mine = stepped(store, first, 8);
    Sequence theirs = stepped(memory(), mine, 1);
    assertThat(store.replace(mine, next(mine))).isFalse();
    assertThat(store.recent(first.id())).isNull();
    stepped(store, theirs, 4);
    assertThat(store.recent(first.id())).isNull();
  }

  @Test
  void stepsAreNotInARowWhereAnotherCameBetween() {
    Sequence now = sequence("a");
    store.create(now);
    for (int i = 0; i < 10; i++) {
      now = stepped(memory(), stepped(store, now, 1), 1);
    }
    assertThat(store.recent(now.id())).isNull();
  }

  @Test
  void forgetsWhatEnds() {
    Sequence removed = sequence("a");
    store.create(removed);
    stepped(store, removed, 8);
    store.remove(removed.id());
    assertThat(store.recent(removed.id())).isNull();
    Sequence gone = sequence("b");
    store.create(gone);
    Sequence last = stepped(store, gone, 8);
    memory().remove(gone.id());
    assertThatThrownBy(() -> store.replace(last, next(last)))
        .isInstanceOf(SequenceException.Unknown.class);
    assertThat(store.recent(gone.id())).isNull();
  }

  @Test
  void forgetsWhatIsOpenedAnew() {
    Sequence first = sequence("a");
    store.create(first);
    stepped(store, first, 8);
    memory().remove(first.id());
    store.create(sequence("a"));
    assertThat(store.recent(first.id())).isNull();
  }

  @Test
  void remembersNoMoreThanItMay() {
    store = open(properties(1000, 1000, 1 << 26, WhenFull.REJECT), new SequenceListener() {});
    for (int i = 0; i < 40; i++) {
      Sequence sequence = sequence("s" + i, MODEL, TTL, 4096);
      store.create(sequence);
      stepped(store, sequence, 8);
    }
    List<Sequence> remembered =
        IntStream.range(0, 40)
            .mapToObj(i -> store.recent(new SequenceId("s" + i)))
            .filter(Objects::nonNull)
            .toList();
    assertThat(remembered).isNotEmpty();
    assertThat(remembered.stream().mapToLong(Sequence::bytes).sum()).isLessThanOrEqualTo(BYTES);
  }

  @Test
  void forgetsWhatHasExpired() {
    Sequence first = sequence("a", MODEL, Duration.ofMillis(20), 3);
    store.create(first);
    stepped(store, first, 8);
    pass(Duration.ofMillis(19));
    assertThat(store.recent(first.id())).isNotNull();
    pass(Duration.ofMillis(1));
    assertThat(store.recent(first.id())).isNull();
  }

  @Test
  void forgetsWhatRests() {
    Sequence first = sequence("a");
    store.create(first);
    Sequence last = stepped(store, first, 8);
    pass(RecentSequenceStore.LONGEST.minusMillis(1));
    assertThat(store.recent(first.id())).isSameAs(last);
    Sequence next = stepped(store, last, 1);
    pass(RecentSequenceStore.LONGEST.minusMillis(1));
    assertThat(store.recent(first.id())).isSameAs(next);
    pass(Duration.ofMillis(1));
    assertThat(store.recent(first.id())).isNull();
  }

  @Test
  void forgetsWhatIsSeenToBePast() {
    Sequence first = sequence("a");
    store.create(first);
    Sequence mine = stepped(store, first, 8);
    assertThat(store.find(first.id())).isSameAs(mine);
    assertThat(store.recent(first.id())).isSameAs(mine);
    stepped(memory(), mine, 1);
    assertThat(store.find(first.id())).isNotSameAs(mine);
    assertThat(store.recent(first.id())).isNull();
  }

  @Test
  void forgetsWhatIsSeenToBeGone() {
    Sequence first = sequence("a");
    store.create(first);
    stepped(store, first, 8);
    memory().remove(first.id());
    assertThatThrownBy(() -> store.find(first.id())).isInstanceOf(SequenceException.Unknown.class);
    assertThat(store.recent(first.id())).isNull();
  }
}
