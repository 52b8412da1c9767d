package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import java.util.List;

/** Is told what lanes do. Called on a lane, so it must be quick. */
public interface BatchListener {

  /** A lane takes so many rows of one model on, together: by a step, or by a few at once. */
  default void stepping(CompiledModel model, int rows) {}

  /** A lane computes a request as a whole, of so many rows. */
  default void unrolling(CompiledModel model, int rows) {}

  /** One that tells all of these. */
  static BatchListener all(List<BatchListener> listeners) {
    List<BatchListener> told = List.copyOf(listeners);
    return new BatchListener() {
      @Override
      public void stepping(CompiledModel model, int rows) {
        told.forEach(listener -> listener.stepping(model, rows));
      }

      @Override
      public void unrolling(CompiledModel model, int rows) {
        told.forEach(listener -> listener.unrolling(model, rows));
      }
    };
  }
}
