package dev.keepgate.sequence;

import dev.keepgate.listener.Listeners;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a store in memory does, or one in front of it, in a time that is let pass. */
abstract class InMemoryContract extends SequenceStoreContract {

  final TestClock clock = new TestClock();
  private @Nullable InMemorySequenceStore opened;

  @Override
  SequenceStore open(SequenceProperties properties, SequenceListener listener) {
    InMemorySequenceStore memory =
        new InMemorySequenceStore(properties, clock::ticks, new Listeners<>(List.of(listener)));
    opened = memory;
    return inFrontOf(memory);
  }

  final InMemorySequenceStore memory() {
    return Objects.requireNonNull(opened);
  }

  /** What is asked in place of the store. */
  abstract SequenceStore inFrontOf(InMemorySequenceStore behind);

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
    memory().reap();
  }
}
