package dev.keepgate.api.kafka;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** How a binding's partitions on this server fare, for those who look from other threads. */
final class StreamStatus {

  private static final long PAUSE = Duration.ofMillis(5).toNanos();
  private static final long LONG_PAUSE = Duration.ofMillis(200).toNanos();

  private final Set<Partition> partitions = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  /** Of one partition. */
  static final class Partition {
    private volatile int inFlight;
    private volatile @Nullable String reason;
    private volatile boolean isHeld;
    private long retryAt;

    void inFlight(int records) {
      inFlight = records;
    }

    /** A record could not be begun. */
    void because(NotNowException why) {
      isHeld = true;
      reason = why.isOverload() ? reason : why.getMessage();
      retryAt = System.nanoTime() + (why.isOverload() ? PAUSE : LONG_PAUSE);
    }

    /** Whether it is worth trying to begin a record. */
    boolean mayBegin() {
      return !isHeld || System.nanoTime() - retryAt >= 0;
    }

    /** All that could be begun were. */
    void noMore() {
      if (isHeld) {
        isHeld = false;
        reason = null;
      }
    }
  }

  void opened(Partition partition) {
    partitions.add(partition);
  }

  void closed(Partition partition) {
    partitions.remove(partition);
  }

  /** Records that were read and are not answered. */
  int inFlight() {
    return partitions.stream().mapToInt(each -> each.inFlight).sum();
  }

  /** Why records wait that nobody computes; null where none do. */
  @Nullable String reason() {
    return partitions.stream()
        .map(each -> each.reason)
        .filter(reason -> reason != null)
        .findAny()
        .orElse(null);
  }

  /** From now on nobody waits. */
  void close() {
    closing = true;
  }

  /**
   * Waits a little, for what has to change before a record can be begun.
   *
   * @throws ClosingException if the server shuts down
   */
  void pause() {
    if (closing || Thread.currentThread().isInterrupted()) {
      throw new ClosingException();
    }
    LockSupport.parkNanos(PAUSE);
  }

  /** What is not committed is left to whoever has the partition next. */
  static final class ClosingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClosingException() {
      super("the server is shutting down");
    }
  }
}
