package dev.keepgate.sequence;

import java.time.Clock;
import java.time.Duration;

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
}
