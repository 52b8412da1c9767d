package dev.keepgate.inference;

import dev.keepgate.registry.Shadow;

/** Is told what became of requests that shadows were sent. Must be quick. */
public interface ShadowListener {

  /** What became of a request. */
  enum Outcome {
    /** Its answer is the served one, within the tolerance. */
    SAME,
    /** Its answer is another. */
    DIFFERENT,
    /** The shadow does not serve, or does not take the request, or answers another shape. */
    FAILED,
    /** No memory, no place in the queue or no worker was free for it. */
    DROPPED,
    /** It goes on from a state that the shadow does not have. */
    UNFOLLOWED
  }

  /**
   * A request is done with.
   *
   * @param difference the largest absolute of any number; NaN unless answers were compared
   */
  void shadowed(Shadow shadow, Outcome outcome, double difference);
}
