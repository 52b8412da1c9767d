package dev.keepgate.batch;

import java.util.OptionalLong;

/** Of a task that has all the memory and time it wants. */
interface FreeOwner extends TaskOwner {
  @Override
  default OptionalLong deadline() {
    return OptionalLong.empty();
  }

  @Override
  default StepListener listener() {
    return StepListener.NONE;
  }

  @Override
  default boolean tryTakeOutputs(Runnable free) {
    return true;
  }

  @Override
  default boolean waitsForOutputs() {
    return false;
  }

  @Override
  default void executed() {}

  @Override
  default void finished() {}
}
