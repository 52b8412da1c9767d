package dev.keepgate.batch;

/** Is told what lanes do. Called on a lane, so it must be quick. */
public interface BatchListener {

  /** A lane takes so many rows of one model one step on, together. */
  default void stepping(int rows) {}
}
