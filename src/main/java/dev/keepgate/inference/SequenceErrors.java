package dev.keepgate.inference;

import dev.keepgate.inference.DetectionResult.Errors;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.ModelSettings.DetectionKind;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.Signature;
import org.jspecify.annotations.Nullable;

/** Holds the steps of a sequence against what the step before each said of it. */
final class SequenceErrors {

  private final StepErrors step;
  private final int inputSize;

  private SequenceErrors(StepErrors step, int inputSize) {
    this.step = step;
    this.inputSize = inputSize;
  }

  /**
   * Of a request.
   *
   * @throws InferenceException if the model does not say its next step, or the request leaves out
   *     what is said of the steps
   */
  static SequenceErrors of(Signature signature, InferenceRequest request) {
    ForecastPlan plan = DetectionPlan.of(signature, DetectionKind.FORECAST).forecast();
    if (plan == null) {
      throw new IllegalStateException("a forecast has a plan");
    }
    if (request.operation() == Operation.UNROLL) {
      requireEveryStep(signature, request);
    }
    return new SequenceErrors(
        StepErrors.of(signature, plan, signature.settings().detection().metric()),
        plan.inputSize());
  }

  private static void requireEveryStep(Signature signature, InferenceRequest request) {
    if (!signature.outputs().get(0).isStreamed()) {
      throw new InvalidInput(
          "/detect",
          "needs what every step says, and this model answers the last: send it by step");
    }
    if (!request.returnsSequences(signature)) {
      throw new InvalidInput("/detect", "needs what every step says: set return_sequences to true");
    }
  }

  /** The result with the errors of its steps. */
  InferenceResult of(NetworkInput input, Computation.Kept kept, InferenceResult result) {
    Errors errors = Errors.of(step.features(), input.batch(), input.time());
    float[] output = result.output().output();
    int width = output.length / input.batch() / input.time();
    for (int row = 0; row < input.batch(); row++) {
      int length = input.lengths() == null ? input.time() : input.lengths()[row];
      for (int time = 0; time < length; time++) {
        int at = row * input.time() + time;
        float @Nullable [] said = time == 0 ? kept.last() : output;
        int from = time == 0 ? row * width : (at - 1) * width;
        if (said != null) {
          step.write(said, from, input.x(), at * inputSize, errors, at);
        }
      }
    }
    return result.withErrors(errors.values());
  }
}
