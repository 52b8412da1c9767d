package dev.keepgate.inference;

import dev.keepgate.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A forecast as a client asks for it, not yet held against a model.
 *
 * @param history what was read so far, as for an unroll; without inputs where a sequence has read
 *     it
 * @param horizon how many steps to go on
 * @param future [horizon, known] or [batch, horizon, known]: of each forecast step the inputs that
 *     are known ahead; null where there are none
 * @param sampling what is asked of the readings that may come
 * @param returnState whether to answer the state after the history
 */
public record ForecastRequest(
    InferenceRequest history,
    int horizon,
    @Nullable Tensor future,
    ForecastSampling sampling,
    boolean returnState) {

  /** Of one that asks for no state. */
  public ForecastRequest(
      InferenceRequest history, int horizon, @Nullable Tensor future, ForecastSampling sampling) {
    this(history, horizon, future, sampling, false);
  }

  /** Whether it speaks in the network's own numbers. */
  boolean isScaled() {
    return history.options().units().scaled();
  }
}
