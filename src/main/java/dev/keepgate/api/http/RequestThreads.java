package dev.keepgate.api.http;

import dev.keepgate.memory.AsyncSemaphore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How many requests may hold a thread of the server while they are computed. The rest of the
 * threads is for what is short: health, metrics, bodies that arrive. More requests than this wait
 * without a thread.
 */
final class RequestThreads {

  private final AsyncSemaphore permits;
  private final Duration patience;

  /**
   * @param permits how many
   * @param patience how long a request waits for one before it is refused
   */
  RequestThreads(long permits, Duration patience) {
    this.permits = new AsyncSemaphore(permits);
    this.patience = patience;
  }

  boolean tryAcquire() {
    return permits.tryAcquire(1);
  }

  /** Fails with {@link java.util.concurrent.TimeoutException} if there is none in time. */
  CompletableFuture<@Nullable Void> acquire() {
    return permits.acquire(1).orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  void release() {
    permits.release(1);
  }
}
