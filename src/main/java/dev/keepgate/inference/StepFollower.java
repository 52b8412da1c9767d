package dev.keepgate.inference;

import dev.keepgate.batch.StepListener;
import dev.keepgate.model.NetworkInput;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Knows how many steps all rows of a request have taken: workers tell it, and the request's thread
 * waits for it. Rows may be with several workers, each at another step.
 */
final class StepFollower implements StepListener {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** [time]: rows that have yet to take the step. */
  private final int[] left;

  /** [batch]: steps that each row is known to have taken; a row may start over. */
  private final int[] taken;

  private int complete;
  private boolean ended;
  private float @Nullable [] output;

  StepFollower(NetworkInput input) {
    left = new int[input.time()];
    taken = new int[input.batch()];
    for (int row = 0; row < input.batch(); row++) {
      int steps = input.lengths() == null ? input.time() : input.lengths()[row];
      for (int step = 0; step < steps; step++) {
        left[step]++;
      }
    }
  }

  @Override
  public void stepped(int row, int step, float[] outputs, int offset) {
    lock.lock();
    try {
      output = outputs;
      if (step < taken[row]) {
        return;
      }
      taken[row] = step + 1;
      if (--left[step] == 0 && step == complete) {
        while (complete < left.length && left[complete] == 0) {
          complete++;
        }
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The request is answered or has failed; nobody has to wait on. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Ends with the future. */
  void follow(CompletableFuture<?> future) {
    CompletableFuture<?> unused = future.whenComplete((result, failure) -> end());
  }

  /**
   * Waits until more than {@code seen} steps are there, the request has ended, or the time is up.
   *
   * @param nanos how long
   * @return how many steps are there
   */
  int awaitMoreThan(int seen, long nanos) throws InterruptedException {
    lock.lock();
    try {
      long rest = nanos;
      while (complete <= seen && !ended && rest > 0) {
        rest = changed.awaitNanos(rest);
      }
      return complete;
    } finally {
      lock.unlock();
    }
  }

  /** What the request will be answered; null before its first step. */
  float @Nullable [] output() {
    lock.lock();
    try {
      return output;
    } finally {
      lock.unlock();
    }
  }
}
