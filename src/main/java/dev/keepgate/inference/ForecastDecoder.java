package dev.keepgate.inference;

import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.Signature;

/** Makes a protocol's bytes into a forecast's request, once it has been let in. */
@FunctionalInterface
public interface ForecastDecoder {

  /**
   * The tensors; their sizes are held against the model later.
   *
   * @param memory of which is taken what is made
   */
  ForecastRequest decode(Signature signature, RequestMemory memory);
}
