package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The lines before the models: a model has so many places for requests that no lane has taken up.
 * Who finds none free waits for one: first come, first served. Apart from the lock of the queues,
 * which the lanes take at every step.
 */
final class Lines {

  private final int capacity;
  private final long patience;
  private final LongSupplier clock;

  /** Of the models that have requests. */
  private final ConcurrentMap<CompiledModel, Line> lines = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /**
   * @param users who have a place or wait for one
   */
  private record Line(Semaphore places, int users) {}

  /**
   * @param clock {@link System#nanoTime()}, or a test's own
   */
  Lines(BatchProperties properties, LongSupplier clock) {
    this.capacity = properties.queueCapacity();
    this.patience = properties.fullQueueWait().toNanos();
    this.clock = clock;
  }

  /**
   * Takes a place, and waits for one where all are taken.
   *
   * @param deadline of the request, by the clock
   * @throws QueueFullException if none became free
   * @throws TaskExpiredException if none became free before the deadline
   * @throws IllegalStateException if the lines are closed
   */
  Place enter(CompiledModel model, OptionalLong deadline) throws InterruptedException {
    requireOpen();
    Semaphore places = join(model);
    boolean entered = false;
    try {
      long waited = 0;
      // Without a time, tryAcquire would overtake those who wait.
      entered = places.tryAcquire(0, TimeUnit.NANOSECONDS);
      if (!entered) {
        long asked = clock.getAsLong();
        long left = deadline.isPresent() ? deadline.getAsLong() - asked : patience;
        entered = places.tryAcquire(Math.min(left, patience), TimeUnit.NANOSECONDS);
        waited = clock.getAsLong() - asked;
        requireOpen();
        if (!entered) {
          throw left < patience ? new TaskExpiredException() : new QueueFullException(capacity);
        }
      }
      return new Place(this, model, waited);
    } finally {
      if (!entered) {
        part(model);
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the lanes are closed");
    }
  }

  private Semaphore join(CompiledModel model) {
    return lines
        .merge(
            model,
            new Line(new Semaphore(capacity, true), 1),
            (line, one) -> new Line(line.places(), line.users() + 1))
        .places();
  }

  private void part(CompiledModel model) {
    lines.computeIfPresent(
        model, (key, line) -> line.users() == 1 ? null : new Line(line.places(), line.users() - 1));
  }

  /** Gives a place back. */
  void leave(CompiledModel model) {
    Line line = lines.get(model);
    if (line != null) {
      line.places().release();
      part(model);
    }
  }

  /** Places that are taken, of all models. */
  int taken() {
    return lines.values().stream()
        .mapToInt(line -> capacity - line.places().availablePermits())
        .sum();
  }

  /** Sends those home who wait, and lets nobody in any more. */
  void close() {
    closed = true;
    // Whoever gets in finds that it is closed.
    lines.values().forEach(line -> line.places().release(line.users()));
  }
}
