package dev.keepgate.inference;

import dev.keepgate.memory.RequestMemory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes a protocol's bytes into a step or an unroll, once the request has been let in. */
@FunctionalInterface
public interface RequestDecoder extends BodyDecoder<InferenceRequest> {

  /**
   * What only the body says of the request, and what has to be known before its tensors are held
   * against a model.
   *
   * @param sequence that the request is a step of; null where it is of none, or of one that was
   *     known before
   * @param timeout after which nobody waits for the answer; null for the deadline that was known
   *     before
   */
  record Head(@Nullable SequenceStep sequence, @Nullable Duration timeout) {

    /** Of a body that has nothing but tensors. */
    static final Head NONE = new Head(null, null);
  }

  /**
   * Reads as much as the head needs.
   *
   * @param memory of which is taken what is made
   */
  default Head head(RequestMemory memory) {
    return Head.NONE;
  }
}
