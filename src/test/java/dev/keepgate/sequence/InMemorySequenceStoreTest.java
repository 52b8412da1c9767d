package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class InMemorySequenceStoreTest extends InMemoryContract {

  @Override
  SequenceStore inFrontOf(InMemorySequenceStore behind) {
    return behind;
  }

  @Test
  void clockThatIsSetBackKeepsNothingAlive() {
    store.create(sequence("idle", MODEL, Duration.ofSeconds(10), 3));
    Sequence sequence = sequence("stepped", MODEL, Duration.ofSeconds(10), 3);
    store.create(sequence);
    clock.set(Duration.ofDays(-1));
    clock.pass(Duration.ofSeconds(5));
    assertThat(store.replace(sequence, next(sequence))).isTrue();
    clock.pass(Duration.ofSeconds(5));
    assertThatExceptionOfType(SequenceException.Expired.class)
        .isThrownBy(() -> store.find(new SequenceId("idle")));
    assertThat(store.find(sequence.id()).step()).isEqualTo(2);
    clock.pass(Duration.ofSeconds(5));
    reap();
    assertThat(ended).containsExactly(SequenceListener.End.EXPIRED, SequenceListener.End.EXPIRED);
    assertThat(store.usage()).isEqualTo(new SequenceUsage(0, 0, null));
  }

  @Test
  void clockThatIsSetForwardEndsNothing() {
    Sequence sequence = sequence("a", MODEL, Duration.ofSeconds(10), 3);
    store.create(sequence);
    clock.set(Duration.ofDays(1));
    reap();
    assertThat(store.find(sequence.id()).expiresAt()).isBefore(clock.instant());
    assertThat(store.replace(sequence, next(sequence))).isTrue();
    clock.pass(Duration.ofSeconds(10));
    reap();
    assertThat(ended).containsExactly(SequenceListener.End.EXPIRED);
  }

  @Test
  void timeWithoutAnEndNeverComes() {
    store.create(sequence("a", MODEL, Duration.ofDays(100_000), 3));
    clock.pass(Duration.ofDays(10_000));
    reap();
    assertThat(store.find(new SequenceId("a")).step()).isZero();
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
