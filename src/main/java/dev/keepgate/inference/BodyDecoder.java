package dev.keepgate.inference;

import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.Signature;

/**
 * Makes a protocol's bytes into a request, once it has been let in.
 *
 * @param <Q> the request
 */
@FunctionalInterface
public interface BodyDecoder<Q> {

  /**
   * The tensors; their sizes are held against the model later.
   *
   * @param memory of which is taken what is made, before it is made; what was taken for the body is
   *     given back by whoever took it, if the body is let go
   */
  Q decode(Signature signature, RequestMemory memory);
}
