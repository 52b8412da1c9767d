package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request may come in: a model has so many permits, and who finds none free waits for
 * one, first come, first served.
 */
public final class AdmissionController {

  private final int capacity;
  private final long patience;
  private final LongSupplier clock;

  /** Of the models that have requests. */
  private final ConcurrentMap<CompiledModel, Used> semaphores = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /**
   * @param users who have a permit or wait for one
   */
  private record Used(FifoSemaphore semaphore, int users) {}

  /**
   * @param clock {@link System#nanoTime()}, or a test's own
   */
  AdmissionController(BatchProperties properties, LongSupplier clock) {
    this.capacity = properties.queueCapacity();
    this.patience = properties.fullQueueWait().toNanos();
    this.clock = clock;
  }

  /**
   * Takes a permit, and waits for one where all are taken.
   *
   * @param deadline of the request, by the clock
   * @throws QueueFullException if none became free
   * @throws TaskExpiredException if none became free before the deadline
   * @throws IllegalStateException if it is closed
   */
  Permit acquire(CompiledModel model, OptionalLong deadline) throws InterruptedException {
    requireOpen();
    FifoSemaphore semaphore = join(model);
    boolean entered = false;
    try {
      long waited = 0;
      entered = semaphore.tryAcquire();
      if (!entered) {
        long asked = clock.getAsLong();
        long left = deadline.isPresent() ? deadline.getAsLong() - asked : patience;
        entered = semaphore.acquire(Math.min(left, patience));
        waited = clock.getAsLong() - asked;
        requireOpen();
        if (!entered) {
          throw left < patience ? new TaskExpiredException() : new QueueFullException(capacity);
        }
      }
      return new Permit(this, model, waited);
    } finally {
      if (!entered) {
        part(model);
      }
    }
  }

  /** Takes a permit if one is free and nobody waits for it; null if not, or if it is closed. */
  @Nullable Permit tryAcquire(CompiledModel model) {
    FifoSemaphore semaphore = join(model);
    if (!closed && semaphore.tryAcquire()) {
      return new Permit(this, model, 0);
    }
    part(model);
    return null;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the workers are closed");
    }
  }

  private FifoSemaphore join(CompiledModel model) {
    return semaphores
        .compute(
            model,
            (key, used) ->
                used == null
                    ? new Used(new FifoSemaphore(capacity), 1)
                    : new Used(used.semaphore(), used.users() + 1))
        .semaphore();
  }

  private void part(CompiledModel model) {
    semaphores.computeIfPresent(
        model,
        (key, used) -> used.users() == 1 ? null : new Used(used.semaphore(), used.users() - 1));
  }

  /** Gives a permit back. */
  void release(CompiledModel model) {
    Used used = semaphores.get(model);
    if (used != null) {
      used.semaphore().release();
      part(model);
    }
  }

  /** Permits that are taken, of all models. */
  int taken() {
    return semaphores.values().stream().mapToInt(used -> used.semaphore().taken()).sum();
  }

  /** Permits that are taken of the model that has the most. */
  int mostTaken() {
    return semaphores.values().stream().mapToInt(used -> used.semaphore().taken()).max().orElse(0);
  }

  /** Sends those home who wait, and lets nobody in any more. */
  void close() {
    closed = true;
    // Whoever gets in finds that it is closed.
    semaphores.values().forEach(used -> used.semaphore().open());
  }
}
