package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;

/**
 * A request's place among those of a model, taken before its task is made, so that nothing is read
 * that is refused then; closed when its answer is there. For one thread.
 */
public final class Place implements AutoCloseable {

  private final Lines lines;
  private final CompiledModel model;
  private final long waited;
  private boolean isHeld = true;

  Place(Lines lines, CompiledModel model, long waited) {
    this.lines = lines;
    this.model = model;
    this.waited = waited;
  }

  /** How long it was waited for, in nanoseconds. */
  public long waited() {
    return waited;
  }

  /**
   * Holds it against the model of a task.
   *
   * @throws IllegalArgumentException if it is among another model's requests, or was closed
   */
  void require(CompiledModel asked) {
    if (!isHeld || asked != model) {
      throw new IllegalArgumentException("the task has no place among its model's requests");
    }
  }

  /** Gives it back; does nothing the second time. */
  @Override
  public void close() {
    if (isHeld) {
      isHeld = false;
      lines.leave(model);
    }
  }
}
