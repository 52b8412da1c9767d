package dev.keepgate.security;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A bound of so many a second, of which those of one second may come at once. Kept as the one
 * moment at which the bucket would be full again (the generic cell rate algorithm).
 */
final class TokenBucket {

  private static final long SECOND = 1_000_000_000;

  private final int perSecond;
  private final long interval;
  private final AtomicLong fullAt;

  /**
   * @param now {@link System#nanoTime()}
   */
  TokenBucket(int perSecond, long now) {
    this.perSecond = perSecond;
    this.interval = Math.max(1, SECOND / perSecond);
    this.fullAt = new AtomicLong(now);
  }

  int perSecond() {
    return perSecond;
  }

  /** Takes one; null, or after which time there is one. */
  @Nullable Duration tryTake(long now) {
    while (true) {
      long before = fullAt.get();
      // Differences of nanoTime are compared, since it may wrap.
      long from = before - now > 0 ? before : now;
      long late = from + interval - now - SECOND;
      if (late > 0) {
        return Duration.ofNanos(late);
      }
      if (fullAt.compareAndSet(before, from + interval)) {
        return null;
      }
    }
  }
}
