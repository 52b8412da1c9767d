package dev.keepgate.memory;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What one request holds of the {@link InFlightMemory}; closed once nothing of the request is left.
 * Passed from thread to thread with the request, and used by one at a time.
 */
public final class RequestMemory implements AutoCloseable {

  private final AsyncSemaphore requests;
  private final AsyncSemaphore answers;
  private final Duration patience;
  private long taken;
  private long answerTaken;
  private long answerWanted;
  private @Nullable CompletableFuture<@Nullable Void> answerAsked;
  private boolean closed;

  RequestMemory(AsyncSemaphore requests, AsyncSemaphore answers, Duration patience) {
    this.requests = requests;
    this.answers = answers;
    this.patience = patience;
  }

  /** Bytes held of what the client sent. */
  public synchronized long taken() {
    return taken;
  }

  /**
   * Takes bytes for what the client sends, if they are free.
   *
   * @throws TooMuchMemoryException if one request never gets so many
   */
  public synchronized boolean tryTake(long bytes) {
    requireOpen();
    requireFits(bytes);
    boolean free = requests.tryAcquire(bytes);
    taken += free ? bytes : 0;
    return free;
  }

  /**
   * Takes bytes for what the client sends, and waits for them where there are too few.
   *
   * @throws TooMuchMemoryException if one request never gets so many
   * @throws MemoryFullException if they do not become free in time
   */
  public void take(long bytes) {
    if (tryTake(bytes)) {
      return;
    }
    CompletableFuture<@Nullable Void> later = requests.acquire(bytes);
    if (!isGranted(later)) {
      throw new MemoryFullException();
    }
    taken(bytes);
  }

  /**
   * Takes bytes, or gives some back.
   *
   * @param bytes negative where they are given back
   */
  public void change(long bytes) {
    if (bytes < 0) {
      giveBack(-bytes);
    } else {
      take(bytes);
    }
  }

  private boolean isGranted(CompletableFuture<@Nullable Void> later) {
    try {
      later.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException | ExecutionException | CancellationException e) {
      // Not in time; unless it is granted right now.
    }
    return !later.cancel(false) && !later.isCompletedExceptionally();
  }

  /**
   * Takes bytes for what the client sends once they are free, without a thread that waits.
   *
   * @return fails with {@link TimeoutException} if they do not become free in time; completed by
   *     whoever gives bytes back
   * @throws TooMuchMemoryException if one request never gets so many
   */
  public CompletableFuture<@Nullable Void> takeLater(long bytes) {
    synchronized (this) {
      requireOpen();
      requireFits(bytes);
    }
    return requests
        .acquire(bytes)
        .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
        .thenRun(() -> taken(bytes));
  }

  private synchronized void taken(long bytes) {
    if (closed) {
      requests.release(bytes);
    } else {
      taken += bytes;
    }
  }

  /**
   * Holds against the whole what a client will send.
   *
   * @throws TooMuchMemoryException if one request never gets so many
   */
  public void requireFits(long bytes) {
    if (bytes > requests.total() - taken) {
      throw new TooMuchMemoryException(taken + bytes, requests.total());
    }
  }

  /** Gives bytes back of what the client sent. */
  public void giveBack(long bytes) {
    synchronized (this) {
      if (closed) {
        return;
      }
      taken -= bytes;
    }
    // Whoever gets them may be another request, which has a lock of its own.
    requests.release(bytes);
  }

  /**
   * Holds against the whole what will be made for the request.
   *
   * @throws TooMuchMemoryException if one request never gets so many
   */
  public void requireAnswerFits(long bytes) {
    if (bytes > answers.total()) {
      throw new TooMuchMemoryException(bytes, answers.total());
    }
  }

  /**
   * Takes the bytes of what will be made for the request. Where there are too few the request is in
   * line for them, and this is asked again once they are there.
   *
   * @param bytes the same at each call
   * @param granted run when the bytes have become free; quick
   * @return whether they are taken
   */
  public synchronized boolean tryTakeAnswer(long bytes, Runnable granted) {
    requireOpen();
    if (answerTaken > 0) {
      return true;
    }
    if (answerAsked == null) {
      if (answers.tryAcquire(bytes)) {
        answerTaken = bytes;
        return true;
      }
      CompletableFuture<@Nullable Void> asked = answers.acquire(bytes);
      answerAsked = asked;
      answerWanted = bytes;
      if (!asked.isDone()) {
        var unused = asked.thenRun(granted);
        return false;
      }
    }
    if (!answerAsked.isDone()) {
      return false;
    }
    answerTaken = bytes;
    answerAsked = null;
    return true;
  }

  /** Whether the bytes of the answer were asked for and are not free yet. */
  public synchronized boolean waitsForAnswer() {
    return answerAsked != null && !answerAsked.isDone();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the request's memory was given back");
    }
  }

  /** Gives everything back; does nothing the second time. */
  @Override
  public void close() {
    CompletableFuture<@Nullable Void> asked;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      asked = answerAsked;
    }
    if (taken > 0) {
      requests.release(taken);
    }
    if (answerTaken > 0) {
      answers.release(answerTaken);
    }
    if (asked != null && !asked.cancel(false)) {
      answers.release(answerWanted);
    }
  }
}
