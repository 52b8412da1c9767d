package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.ModelSettings.DetectionKind;
import dev.keepgate.model.ModelSettings.Metric;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How far a model's answers were off, in the network's own numbers.
 *
 * @param id the version that computed it
 * @param kind of the error
 * @param metric how errors became one number
 * @param batched whether the request has a dimension of rows
 * @param errors one for each row, or for each step of each
 * @param threshold above which an error is an anomaly; null where none is known
 */
public record DetectionResult(
    ModelId id,
    DetectionKind kind,
    Metric metric,
    boolean batched,
    Errors errors,
    @Nullable Double threshold) {

  /**
   * Errors, and those of each feature. NaN where there is none, as of the first steps, which
   * nothing was said of, and of padding.
   *
   * @param shape [rows], or [rows, time]
   * @param values row-major
   * @param features how many each has
   * @param byFeature [shape, features]
   */
  public record Errors(int[] shape, double[] values, int features, double[] byFeature) {

    static Errors of(int features, int... shape) {
      int count = 1;
      for (int size : shape) {
        count *= size;
      }
      double[] values = new double[count];
      double[] byFeature = new double[count * features];
      Arrays.fill(values, Double.NaN);
      Arrays.fill(byFeature, Double.NaN);
      return new Errors(shape, values, features, byFeature);
    }
  }
}
