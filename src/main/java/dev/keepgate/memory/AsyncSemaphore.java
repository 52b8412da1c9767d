package dev.keepgate.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A counting semaphore that no thread waits for: whoever finds too few permits gets a future, first
 * come first served, so that a large demand is not overtaken by small ones for ever.
 */
public final class AsyncSemaphore {

  private static final CompletableFuture<@Nullable Void> ACQUIRED =
      CompletableFuture.completedFuture(null);

  private final long total;
  private final AtomicLong used = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Waiter> waiters = new ArrayDeque<>();

  /** Size of {@link #waiters}, read without the lock. */
  private volatile int waiting;

  private static final class Waiter extends CompletableFuture<@Nullable Void> {
    private final long permits;

    Waiter(long permits) {
      this.permits = permits;
    }
  }

  /**
   * @param total permits
   */
  public AsyncSemaphore(long total) {
    this.total = total;
  }

  public long total() {
    return total;
  }

  public long used() {
    return used.get();
  }

  /** How many wait. */
  public int waiting() {
    return waiting;
  }

  /** Acquires permits if they are free and nobody waits for them. */
  public boolean tryAcquire(long permits) {
    return waiting == 0 && acquireFree(permits);
  }

  private boolean acquireFree(long permits) {
    long before = used.get();
    while (permits <= total - before) {
      long seen = used.compareAndExchange(before, before + permits);
      if (seen == before) {
        return true;
      }
      before = seen;
    }
    return false;
  }

  /**
   * Acquires permits when their turn comes. The future is completed by whoever releases permits, so
   * what depends on it must be quick or run elsewhere. Who waits no longer completes or cancels it;
   * where that comes too late the permits are acquired.
   *
   * @param permits not more than {@link #total()}, or it never completes
   */
  public CompletableFuture<@Nullable Void> acquire(long permits) {
    if (tryAcquire(permits)) {
      return ACQUIRED;
    }
    Waiter waiter = new Waiter(permits);
    lock.lock();
    try {
      waiters.add(waiter);
      waiting = waiters.size();
    } finally {
      lock.unlock();
    }
    var unused = waiter.whenComplete((granted, failure) -> forget(waiter, failure));
    // What was released before this one was seen to wait.
    grant();
    return waiter;
  }

  private void forget(Waiter waiter, @Nullable Throwable failure) {
    if (failure != null) {
      lock.lock();
      try {
        waiters.remove(waiter);
        waiting = waiters.size();
      } finally {
        lock.unlock();
      }
      // It may have been the one that kept smaller demands waiting.
      grant();
    }
  }

  public void release(long permits) {
    used.addAndGet(-permits);
    if (waiting > 0) {
      grant();
    }
  }

  private void grant() {
    for (List<Waiter> next = nextThatFit(); !next.isEmpty(); next = nextThatFit()) {
      for (Waiter waiter : next) {
        if (!waiter.complete(null)) {
          used.addAndGet(-waiter.permits);
        }
      }
    }
  }

  private List<Waiter> nextThatFit() {
    List<Waiter> fitting = new ArrayList<>();
    lock.lock();
    try {
      for (Waiter head = waiters.peek(); head != null; head = waiters.peek()) {
        if (!head.isDone()) {
          if (!acquireFree(head.permits)) {
            break;
          }
          fitting.add(head);
        }
        waiters.remove();
      }
      waiting = waiters.size();
    } finally {
      lock.unlock();
    }
    return fitting;
  }
}
