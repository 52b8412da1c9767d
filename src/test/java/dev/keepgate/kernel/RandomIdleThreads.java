package dev.keepgate.kernel;

import dev.keepgate.kernel.LstmKernel.Scratch;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** A thread that helps at times: at once, late, too late, or not at all. */
public final class RandomIdleThreads implements IdleThreads, AutoCloseable {

  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final Scratch scratch;
  private final Random random;
  private final AtomicInteger helped = new AtomicInteger();

  public RandomIdleThreads(LstmKernel kernel, long seed) {
    this.scratch = kernel.newScratch();
    this.random = new Random(seed);
  }

  @Override
  public boolean offer(Consumer<Scratch> work) {
    int how = random.nextInt(6);
    if (how == 0) {
      return false;
    }
    if (how > 1) {
      int delay = how == 2 ? random.nextInt(200_000) : 0;
      thread.execute(
          () -> {
            LockSupport.parkNanos(delay);
            work.accept(scratch);
            helped.incrementAndGet();
          });
    }
    return true;
  }

  @Override
  public boolean areWanted() {
    return random.nextInt(8) == 0;
  }

  /** How often it was there, in time or not. */
  public int helped() {
    return helped.get();
  }

  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("a helper does not come to its end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    scratch.close();
  }
}
