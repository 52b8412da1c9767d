package dev.keepgate.batch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A counting semaphore, first come first served.
 *
 * <p>A permit that is released is handed to whoever waits longest, so that nobody overtakes. A fair
 * {@link java.util.concurrent.Semaphore} would do, but whoever gives up there looks through all who
 * wait; here it is among the first.
 */
final class FifoSemaphore {

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Waiter> waiters = new ArrayDeque<>();
  private int taken;

  private static final class Waiter {
    private final Thread thread = Thread.currentThread();
    private volatile boolean served;
  }

  FifoSemaphore(int capacity) {
    this.capacity = capacity;
  }

  /** Takes a permit if one is free and nobody waits for it. */
  boolean tryAcquire() {
    lock.lock();
    try {
      return takeFree();
    } finally {
      lock.unlock();
    }
  }

  private boolean takeFree() {
    boolean free = taken < capacity && waiters.isEmpty();
    taken += free ? 1 : 0;
    return free;
  }

  /**
   * Takes a permit.
   *
   * @param patience how long to wait for one, in nanoseconds
   * @return false if there was none
   */
  boolean acquire(long patience) throws InterruptedException {
    Waiter waiter = new Waiter();
    lock.lock();
    try {
      if (takeFree()) {
        return true;
      }
      waiters.add(waiter);
    } finally {
      lock.unlock();
    }
    boolean interrupted = await(waiter, System.nanoTime() + patience);
    lock.lock();
    try {
      if (waiter.served) {
        return true;
      }
      waiters.remove(waiter);
    } finally {
      lock.unlock();
    }
    if (interrupted) {
      throw new InterruptedException();
    }
    return false;
  }

  /** Whether it was interrupted. */
  private boolean await(Waiter waiter, long end) {
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      if (waiter.served) {
        return false;
      }
      if (Thread.currentThread().isInterrupted()) {
        return true;
      }
      LockSupport.parkNanos(this, left);
    }
    return false;
  }

  /** Gives a permit back. */
  void release() {
    Waiter next;
    lock.lock();
    try {
      next = waiters.poll();
      if (next == null) {
        taken--;
      } else {
        next.served = true;
      }
    } finally {
      lock.unlock();
    }
    if (next != null) {
      LockSupport.unpark(next.thread);
    }
  }

  int taken() {
    lock.lock();
    try {
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Lets everybody in who waits. */
  void open() {
    lock.lock();
    try {
      for (Waiter waiter : waiters) {
        waiter.served = true;
        LockSupport.unpark(waiter.thread);
      }
      waiters.clear();
    } finally {
      lock.unlock();
    }
  }
}
