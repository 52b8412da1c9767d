package dev.keepgate.registry;

import dev.keepgate.model.ModelId;
import java.time.Duration;

/**
 * Is told what becomes of models. Called on the thread that did the work, so it must be quick; what
 * it throws is logged and otherwise ignored.
 */
public interface ModelListener {

  /**
   * A version became AVAILABLE.
   *
   * @param took from the first byte read to the end of the warm-up
   */
  default void loaded(ModelInfo model, Duration took) {}

  /** A version could not be loaded: a bad file, no memory, a failing disk. */
  default void rejected(ModelId id, Throwable cause, Duration took) {}

  /** A version was taken away and its last handle released: its memory is free. */
  default void unloaded(ModelInfo model) {}
}
