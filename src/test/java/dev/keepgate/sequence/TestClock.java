package dev.keepgate.sequence;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** A wall clock and a ticker beside it, which go on only when they are told to. */
final class TestClock extends Clock {

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

  /** Passes from positive numbers to negative ones soon, as a ticker may. */
  private final AtomicLong ticks = new AtomicLong(Long.MAX_VALUE - 1);

  private final AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});

  /** What happens to whoever looks at the ticker next, just before. */
  void beforeNextLook(Runnable event) {
    meanwhile.set(event);
  }

  void pass(Duration time) {
    set(time);
    ticks.addAndGet(time.toNanos());
  }

  /** Sets the wall clock on, or back. */
  void set(Duration difference) {
    now.updateAndGet(before -> before.plus(difference));
  }

  /** Nanoseconds since no matter when. */
  long ticks() {
    Objects.requireNonNull(meanwhile.getAndSet(() -> {})).run();
    return ticks.get();
  }

  @Override
  public Instant instant() {
    return Objects.requireNonNull(now.get());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
