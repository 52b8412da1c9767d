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

  /**
   * As {@link #loaded(ModelInfo, Duration)}.
   *
   * @param statistics what the version is asked from now on, until it is unloaded
   */
  default void loaded(ModelInfo model, ModelStatistics statistics, Duration took) {
    loaded(model, took);
  }

  /**
   * The version of a label does not serve, and a request of the label's share went to another.
   *
   * @param model its name
   */
  default void passedOver(String model, String label) {}

  /** A version could not be loaded: a bad file, no memory, a failing disk. */
  default void rejected(ModelId id, Throwable cause, Duration took) {}

  /** A version was taken away and its last handle released: its memory is free. */
  default void unloaded(ModelInfo model) {}
}
