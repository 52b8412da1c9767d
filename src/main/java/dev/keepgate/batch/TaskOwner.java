package dev.keepgate.batch;

import java.util.OptionalLong;

/** Whoever has a task computed: its memory, and who has to know when its work has left. */
public interface TaskOwner {

  /** {@link System#nanoTime()} past which nobody waits for the result. */
  OptionalLong deadline();

  /** Is told of every step. */
  StepListener listener();

  /** What makes the inputs that are not known from the beginning. */
  default Feedback feedback() {
    return Feedback.NONE;
  }

  /**
   * Whether nobody waits for the result: the task is computed while no other waits, and leaves its
   * worker before its next step when one comes.
   */
  default boolean isBackground() {
    return false;
  }

  /**
   * Takes the memory of the task's outputs, if it is free. Where it is not, the task is in line for
   * it, and this is asked again.
   *
   * @param free run once the memory is free; quick
   * @return whether the memory is taken
   */
  boolean tryTakeOutputs(Runnable free);

  /** Whether the outputs' memory was asked for and is not free yet. */
  boolean waitsForOutputs();

  /** A worker calls the kernel, for this task or for it among others. */
  void executed();

  /** No worker will touch the task's model or its tensors again. Called once. */
  void finished();
}
