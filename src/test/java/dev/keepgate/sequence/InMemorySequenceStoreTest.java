package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class InMemorySequenceStoreTest extends SequenceStoreContract {

  private final TestClock clock = new TestClock();

  @Override
  SequenceStore open(SequenceProperties properties, SequenceListener listener) {
    return new InMemorySequenceStore(properties, clock, listener);
  }

  @Override
  Clock clock() {
    return clock;
  }

  @Override
  void pass(Duration time) {
    clock.pass(time);
  }

  @Override
  void reap() {
    ((InMemorySequenceStore) store).reap();
  }

  @Test
  void clockThatGoesBackForgetsNothing() {
    Sequence sequence = sequence("a", MODEL, Duration.ofSeconds(10), 3);
    store.create(sequence);
    // A step whose time the clock took back: its sequence ends when it would have without it.
    clock.pass(Duration.ofSeconds(-5));
    Sequence later = next(sequence);
    assertThat(store.replace(sequence, later)).isTrue();
    clock.pass(Duration.ofSeconds(5 + 10));
    reap();
    assertThat(ended).containsExactly(SequenceListener.End.EXPIRED);
    assertThat(store.usage()).isEqualTo(new SequenceUsage(0, 0, null));
  }

  @Test
  void deletedBeforeItsTimeNeverExpired() {
    Sequence sequence = sequence("a");
    store.create(sequence);
    clock.beforeNextLook(
        () -> {
          store.remove(sequence.id());
          clock.pass(TTL);
        });
    assertThatExceptionOfType(SequenceException.Unknown.class)
        .isThrownBy(() -> store.find(sequence.id()));
  }
}
