package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;

/**
 * A request's place among those that wait for a model, taken before its task is made, so that
 * nothing is read that is refused then. Closing it gives it back, unless a task was submitted with
 * it. For one thread.
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

  CompiledModel model() {
    return model;
  }

  /** How long it was waited for, in nanoseconds. */
  public long waited() {
    return waited;
  }

  /**
   * Hands it to a submission.
   *
   * @throws IllegalStateException if it was handed on or given back before
   */
  void handOn() {
    if (!isHeld) {
      throw new IllegalStateException("the place was used before");
    }
    isHeld = false;
  }

  /** A lane takes its submission up. */
  void leave() {
    lines.leave(model);
  }

  @Override
  public void close() {
    if (isHeld) {
      isHeld = false;
      leave();
    }
  }
}
