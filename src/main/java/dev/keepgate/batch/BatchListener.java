package dev.keepgate.batch;

/** Is told what workers do. Called on a worker, so it must be quick. */
public interface BatchListener {

  /** A worker takes so many rows of one model on, together: by a step, or by a few at once. */
  default void stepping(int rows) {}

  /** A worker computes a task as a whole, of so many rows. */
  default void unrolling(int rows) {}

  /** A worker ended by a failure, and another takes its place. */
  default void replaced() {}
}
