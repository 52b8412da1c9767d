package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * The lines before the models: a model has so many places for requests, and who finds none free
 * waits for one: first come, first served. Only the requests' own threads come here, so that no
 * lane's time goes into waking who waits.
 */
final class Lines {

  private final int capacity;
  private final long patience;
  private final LongSupplier clock;

  /** Of the models that have requests. */
  private final ConcurrentMap<CompiledModel, Used> lines = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /**
   * @param users who have a place or wait for one
   */
  private record Used(Line line, int users) {}

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
    Line line = join(model);
    boolean entered = false;
    try {
      long waited = 0;
      entered = line.tryEnter();
      if (!entered) {
        long asked = clock.getAsLong();
        long left = deadline.isPresent() ? deadline.getAsLong() - asked : patience;
        entered = line.enter(Math.min(left, patience));
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

  private Line join(CompiledModel model) {
    return lines
        .compute(
            model,
            (key, used) ->
                used == null
                    ? new Used(new Line(capacity), 1)
                    : new Used(used.line(), used.users() + 1))
        .line();
  }

  private void part(CompiledModel model) {
    lines.computeIfPresent(
        model, (key, used) -> used.users() == 1 ? null : new Used(used.line(), used.users() - 1));
  }

  /** Gives a place back. */
  void leave(CompiledModel model) {
    Used used = lines.get(model);
    if (used != null) {
      used.line().leave();
      part(model);
    }
  }

  /** Places that are taken, of all models. */
  int taken() {
    return lines.values().stream().mapToInt(used -> used.line().taken()).sum();
  }

  /** Sends those home who wait, and lets nobody in any more. */
  void close() {
    closed = true;
    // Whoever gets in finds that it is closed.
    lines.values().forEach(used -> used.line().open());
  }
}
