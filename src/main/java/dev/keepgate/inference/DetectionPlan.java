package dev.keepgate.inference;

import dev.keepgate.model.ModelSettings.Columns;
import dev.keepgate.model.ModelSettings.Detection;
import dev.keepgate.model.ModelSettings.DetectionKind;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Signature.Dimension;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which error tells what is not usual.
 *
 * @param forecast how the next step is said; null where the input is reconstructed
 */
record DetectionPlan(@Nullable ForecastPlan forecast) {

  /**
   * Of a model, as it was asked, as its configuration says, or as its shapes tell: what gives back
   * its input's shape only when it has seen all of it reconstructs it.
   *
   * @param asked null where nothing was asked
   * @throws InferenceException.CannotDetect if it does neither, or might do both
   */
  static DetectionPlan of(Signature signature, @Nullable DetectionKind asked) {
    Detection detection = signature.settings().detection();
    DetectionKind kind = asked != null ? asked : detection.kind();
    boolean reconstructs = reconstructs(signature);
    if (kind == DetectionKind.RECONSTRUCTION && !reconstructs) {
      throw new InferenceException.CannotDetect(
          "it does not answer its input's shape %s".formatted(signature.inputs().get(0).shape()));
    }
    if (kind == null && reconstructs && hasOtherTargets(signature)) {
      throw new InferenceException.CannotDetect(
          "its targets are not its features; say \"kind\": \"reconstruction\" where they are the same numbers, or \"forecast\", in the request or in config.detection");
    }
    boolean saysHowToForecast = signature.settings().forecasting().feedback() != null;
    if (kind == null && reconstructs && signature.isCausal() && !saysHowToForecast) {
      throw new InferenceException.CannotDetect(
          "it may reconstruct its input or say the next step; say \"kind\": \"reconstruction\" or"
              + " \"forecast\", in the request or in config.detection");
    }
    boolean isReconstruction =
        kind == null ? reconstructs && !saysHowToForecast : kind == DetectionKind.RECONSTRUCTION;
    return new DetectionPlan(isReconstruction ? null : forecast(signature));
  }

  private static ForecastPlan forecast(Signature signature) {
    if (signature.settings().forecasting().distribution() != null) {
      throw new InferenceException.CannotDetect(
          "its output is a distribution, which is no next step");
    }
    try {
      ForecastPlan plan = ForecastPlan.of(signature);
      if (Arrays.stream(plan.columns()).allMatch(column -> column < 0)) {
        throw new InferenceException.CannotDetect(
            "no number of its output is one of its input, so that nothing tells what it should be");
      }
      return plan;
    } catch (InferenceException.CannotForecast e) {
      throw new InferenceException.CannotDetect(
          "%s%s"
              .formatted(
                  reconstructs(signature) ? "" : "it does not answer its input's shape, and ",
                  e.why()));
    }
  }

  private static boolean reconstructs(Signature signature) {
    return signature.inputs().size() == 1
        && signature.outputs().size() == 1
        && signature.inputs().get(0).vocabulary().isEmpty()
        && signature.settings().classes() == null
        && (signature.returnSequences() || !signature.outputs().get(0).isSequence())
        && isSameShape(signature.inputs().get(0).shape(), signature.outputs().get(0).shape());
  }

  private static boolean hasOtherTargets(Signature signature) {
    Columns columns = signature.settings().columns();
    return !columns.features().isEmpty()
        && !columns.targets().isEmpty()
        && !columns.features().containsAll(columns.targets());
  }

  /**
   * Of each number of an output that reconstructs the input, the column of the input that it is.
   */
  static int[] reconstructed(Signature signature) {
    Columns columns = signature.settings().columns();
    boolean areNamed = !columns.features().isEmpty() && !columns.targets().isEmpty();
    return areNamed && !hasOtherTargets(signature)
        ? columns.targets().stream().mapToInt(columns.features()::indexOf).toArray()
        : IntStream.range(0, signature.outputSize()).toArray();
  }

  /** An input of any number of steps may be made for as many as the output has. */
  private static boolean isSameShape(List<Dimension> input, List<Dimension> output) {
    if (input.size() != output.size()) {
      return false;
    }
    for (int axis = 0; axis < input.size(); axis++) {
      if (!input.get(axis).equals(output.get(axis)) && !input.get(axis).equals(Dimension.TIME)) {
        return false;
      }
    }
    return true;
  }

  DetectionKind kind() {
    return forecast == null ? DetectionKind.RECONSTRUCTION : DetectionKind.FORECAST;
  }
}
