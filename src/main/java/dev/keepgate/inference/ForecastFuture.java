package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;

/** What a request says is known ahead. */
record ForecastFuture(ForecastRequest request, ForecastPlan plan, Signature signature) {

  private static final String FIELD = "/future";

  /**
   * Validates and scales it.
   *
   * @return [rows, horizon, known]
   * @throws InvalidInput if it does not fit
   */
  float[] read(Forecasts.Start start) {
    Tensor future = request.future();
    int width = plan.known().length;
    int[] expected =
        start.batched()
            ? new int[] {start.rows(), request.horizon(), width}
            : new int[] {request.horizon(), width};
    if (future == null) {
      if (width == 0 || request.horizon() == 1) {
        return new float[start.rows() * request.horizon() * width];
      }
      throw new InvalidInput(
          FIELD,
          "is missing: the input's columns %s do not follow from the answer before; expected shape %s"
              .formatted(Arrays.toString(plan.known()), Arrays.toString(expected)));
    }
    if (!Arrays.equals(future.shape(), expected)) {
      throw new InvalidInput(
          FIELD,
          "expected shape %s, got %s"
              .formatted(Arrays.toString(expected), Arrays.toString(future.shape())));
    }
    return scaled(future);
  }

  private float[] scaled(Tensor future) {
    double[] readings = StateValidator.doubles(future);
    Scaler scaler = request.isScaled() ? null : signature.settings().scaler();
    float[] scaled = new float[readings.length];
    for (int i = 0; i < scaled.length; i++) {
      int column = plan.known()[i % plan.known().length];
      scaled[i] = (float) (scaler == null ? readings[i] : scaler.scale(column, readings[i]));
      if (!Float.isFinite(scaled[i])) {
        throw new InvalidInput(
            FIELD,
            "holds %s at %s".formatted(readings[i], StateValidator.position(i, future.shape())));
      }
    }
    return scaled;
  }
}
