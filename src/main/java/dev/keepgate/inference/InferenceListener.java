package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import java.time.Duration;

/** Is told what requests do. Called on the request's thread, so it must be quick. */
public interface InferenceListener {

  /** The parts of a request's time. */
  enum Stage {
    /** From bytes to tensors. */
    READ,
    /** Waiting for a lane. */
    QUEUE,
    /** On a lane. */
    COMPUTE,
    /** From tensors to bytes. */
    WRITE
  }

  /** One part of a request is over. */
  default void stage(ModelId model, Operation operation, Stage stage, Duration took) {}

  /** A request's numbers are computed: so many rows, and so many steps of all rows together. */
  default void computed(ModelId model, Operation operation, int rows, long steps) {}

  /** A request is answered, well or with an error; {@code took} since its first byte was read. */
  default void answered(ModelId model, Operation operation, boolean success, Duration took) {}
}
