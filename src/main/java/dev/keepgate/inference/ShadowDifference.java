package dev.keepgate.inference;

import dev.keepgate.inference.InferenceResult.Output;
import dev.keepgate.model.ExpectedAnswers.Tolerance;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What two versions' answers to one request differ by.
 *
 * @param largest absolute difference of any number
 * @param isBeyond whether any number is off by more than the tolerance
 * @param place of the largest; empty where there is none
 */
record ShadowDifference(double largest, boolean isBeyond, String place) {

  /**
   * Compares them, in the numbers that clients are answered.
   *
   * @return null where the answers are of other shapes, or have numbers that are not finite
   */
  static @Nullable ShadowDifference of(
      List<Output> served, List<Output> shadow, Tolerance tolerance) {
    ShadowDifference found = new ShadowDifference(0, false, "");
    for (Output output : served) {
      Output other = served.size() == 1 ? shadow.get(0) : named(shadow, output.described().name());
      if (served.size() != shadow.size()
          || other == null
          || !Arrays.equals(output.shape(), other.shape())) {
        return null;
      }
      found = found.or(output, other, tolerance);
      if (!Double.isFinite(found.largest)) {
        return null;
      }
    }
    return found;
  }

  private static @Nullable Output named(List<Output> outputs, String name) {
    return outputs.stream()
        .filter(output -> output.described().name().equals(name))
        .findFirst()
        .orElse(null);
  }

  private ShadowDifference or(Output served, Output shadow, Tolerance tolerance) {
    double[] expected = served.numbers();
    double[] got = shadow.numbers();
    double most = -1;
    int at = 0;
    boolean beyond = isBeyond;
    for (int i = 0; i < got.length; i++) {
      double difference = Math.abs(got[i] - expected[i]);
      if (!Double.isFinite(difference)) {
        return new ShadowDifference(Double.NaN, true, "");
      }
      beyond |= difference > tolerance.at(expected[i]);
      if (difference > most) {
        most = difference;
        at = i;
      }
    }
    return most > largest
        ? new ShadowDifference(
            most,
            beyond,
            "%s of %s: served %s, shadow %s"
                .formatted(
                    StateValidator.position(at, served.shape()),
                    served.described().name(),
                    expected[at],
                    got[at]))
        : new ShadowDifference(largest, beyond, place);
  }
}
