package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.ModelSettings.Detection;
import dev.keepgate.registry.ModelRegistry;
import java.util.Arrays;
import java.util.function.LongUnaryOperator;

/** Makes thresholds of usual data. */
final class Thresholds {

  private final Detections detections;
  private final ModelRegistry registry;

  Thresholds(Detections detections, ModelRegistry registry) {
    this.detections = detections;
    this.registry = registry;
  }

  /**
   * A quantile of the errors of usual data.
   *
   * @param encodedBytes what encoding the result takes, by how many numbers it has
   * @throws InferenceException if there is none
   * @throws dev.keepgate.registry.RegistryException if it cannot be kept
   */
  ThresholdResult fit(
      InferenceCall call, ThresholdRequest request, LongUnaryOperator encodedBytes) {
    DetectionResult result = detections.detect(call, request.usual(), encodedBytes);
    double[] errors =
        Arrays.stream(result.errors().values()).filter(error -> !Double.isNaN(error)).toArray();
    if (errors.length == 0) {
      throw new InvalidInput("/lengths", "leave nothing to make a threshold of");
    }
    Detection detection =
        new Detection(result.kind(), result.metric(), quantile(errors, request.quantile()));
    ModelId kept = null;
    if (request.keep()) {
      // Loading a version takes longer than others should wait for the permit.
      call.computed();
      kept = registry.derive(call.handle(), detection).info().id();
    }
    return new ThresholdResult(call.model(), detection, request.quantile(), errors.length, kept);
  }

  /** Between two errors in proportion, as numpy's {@code quantile} does where nothing is said. */
  static double quantile(double[] errors, double quantile) {
    double[] sorted = errors.clone();
    Arrays.sort(sorted);
    double place = quantile * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
