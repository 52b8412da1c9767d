package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.Scaler;
import org.jspecify.annotations.Nullable;

/**
 * What a forecast is answered.
 *
 * @param id the version that computed it
 * @param shape [batch, horizon, targets]
 * @param batched whether the request has a dimension of rows
 * @param values the network's own numbers
 * @param scaler whose inverse makes readings of them; null where they are answered as they are
 */
public record ForecastResult(
    ModelId id, int[] shape, boolean batched, float[] values, @Nullable Scaler scaler) {}
