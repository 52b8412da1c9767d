package dev.keepgate.api.http;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long a client has kept the server waiting, and how many bytes it sent or took meanwhile.
 *
 * <p>One thread reads or writes at a time; another looks on.
 */
final class ClientWait {

  private static final double NANOS_PER_SECOND = 1e9;

  private final LongSupplier clock;
  private boolean waiting;
  private long since;
  private long waited;
  private long bytes;

  /**
   * @param clock nanoseconds, as {@link System#nanoTime} has them
   */
  ClientWait(LongSupplier clock) {
    this.clock = clock;
  }

  /** The server has nothing to do until the client sends or takes bytes. */
  synchronized void begin() {
    if (!waiting) {
      waiting = true;
      since = clock.getAsLong();
    }
  }

  /** The client sent or took bytes. */
  synchronized void end(long moved) {
    if (waiting) {
      waiting = false;
      waited += clock.getAsLong() - since;
    }
    bytes += moved;
  }

  /** What was waited for is there; the next wait is of its own. */
  synchronized void restart() {
    waited = 0;
    bytes = 0;
    if (waiting) {
      since = clock.getAsLong();
    }
  }

  synchronized boolean isWaiting() {
    return waiting;
  }

  synchronized long nanos() {
    return waiting ? waited + clock.getAsLong() - since : waited;
  }

  /**
   * Whether the client is slower than it may be.
   *
   * @param timeout how long it may keep the server waiting, however little it moves
   * @param leastRate bytes that buy it another second
   */
  synchronized boolean isOverdue(Duration timeout, long leastRate) {
    return waiting && nanos() - bytes * (NANOS_PER_SECOND / leastRate) > timeout.toNanos();
  }
}
