package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.IdleThreads;
import dev.keepgate.kernel.LstmKernel.Scratch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Two parts of a stack that are computed at once: while a helper takes the upper layers through a
 * block of steps, the calling thread takes the lower ones through the next. Each layer still takes
 * its steps in order, on one thread, so the numbers are those of one thread. For one use.
 */
final class LayerPipeline {

  /** What takes blocks of steps through a part of the layers, each part in order. */
  interface Parts {
    void lower(int block, CpuScratch scratch);

    /** Begins once the lower layers have taken the block. */
    void upper(int block, CpuScratch scratch);
  }

  private final Parts parts;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Blocks that the lower layers have taken, and whether they will take no more. */
  private int taken;

  private boolean isOver;

  /** Whether somebody has the upper layers, and whether a helper is done with them. */
  private boolean isClaimed;

  private boolean isLeft;
  private @Nullable Throwable failure;

  LayerPipeline(Parts parts) {
    this.parts = parts;
  }

  /**
   * Takes blocks through all layers, until others want the thread that helps.
   *
   * @param most how many at most
   * @return how many; 0 where nobody helps
   */
  int run(int most, IdleThreads idleThreads, CpuScratch scratch) {
    if (!idleThreads.offer(this::help)) {
      return 0;
    }
    int blocks = 0;
    boolean isComputed = false;
    try {
      do {
        parts.lower(blocks++, scratch);
        passOn();
      } while (blocks < most && !idleThreads.areWanted());
      isComputed = true;
    } finally {
      // A helper that is at work on rows has to leave them before anybody else touches them.
      if (!end(isComputed) && isComputed) {
        for (int block = 0; block < blocks; block++) {
          parts.upper(block, scratch);
        }
      }
    }
    requireHelped();
    return blocks;
  }

  private void passOn() {
    lock.lock();
    try {
      taken++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * No more blocks come. Waits for the helper; one that has not begun never will.
   *
   * @param isComputed false if what was passed on is not wanted
   * @return whether there was a helper
   */
  private boolean end(boolean isComputed) {
    lock.lock();
    try {
      isOver = true;
      taken = isComputed ? taken : 0;
      changed.signalAll();
      boolean isHelped = isClaimed;
      isClaimed = true;
      while (isHelped && !isLeft) {
        changed.awaitUninterruptibly();
      }
      return isHelped;
    } finally {
      lock.unlock();
    }
  }

  private void requireHelped() {
    Throwable cause = failure;
    if (cause instanceof Error error) {
      throw error;
    }
    if (cause != null) {
      throw new IllegalStateException("the upper layers failed", cause);
    }
  }

  private void help(Scratch scratch) {
    if (!claim()) {
      return;
    }
    Throwable thrown = null;
    try {
      for (int block = 0; awaitBlock(block); block++) {
        parts.upper(block, (CpuScratch) scratch);
      }
    } catch (RuntimeException | Error e) {
      thrown = e;
    }
    lock.lock();
    try {
      failure = thrown;
      isLeft = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean claim() {
    lock.lock();
    try {
      boolean isFree = !isClaimed;
      isClaimed = true;
      return isFree;
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is such a block, once that is known. */
  private boolean awaitBlock(int block) {
    lock.lock();
    try {
      while (taken <= block && !isOver) {
        changed.awaitUninterruptibly();
      }
      return block < taken;
    } finally {
      lock.unlock();
    }
  }
}
