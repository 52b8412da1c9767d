package dev.keepgate.inference;

import dev.keepgate.model.ModelSettings.DetectionKind;
import dev.keepgate.model.Signature;
import org.jspecify.annotations.Nullable;

/**
 * What a model's errors are of.
 *
 * @param kind of the error
 * @param window how many steps the model sees at once; 0 where that is open
 * @param features how many numbers each error is made of
 * @param threshold above which an error is an anomaly; null where none is known
 */
public record DetectionShape(
    DetectionKind kind, int window, int features, @Nullable Double threshold) {

  /**
   * The shape of a model's errors.
   *
   * @throws InferenceException.CannotDetect if it tells none
   */
  public static DetectionShape of(Signature signature) {
    DetectionPlan plan = DetectionPlan.of(signature, null);
    Double threshold = signature.settings().detection().threshold();
    ForecastPlan forecast = plan.forecast();
    if (forecast != null) {
      int features =
          StepErrors.of(signature, forecast, signature.settings().detection().metric()).features();
      return new DetectionShape(plan.kind(), forecast.window(), features, threshold);
    }
    Signature.Input input = signature.inputs().get(0);
    int fixed = input.steps() ? 0 : input.shape().get(1).size();
    return new DetectionShape(plan.kind(), fixed, signature.outputSize(), threshold);
  }
}
