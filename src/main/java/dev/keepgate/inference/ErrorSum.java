package dev.keepgate.inference;

import dev.keepgate.model.ModelSettings.Metric;
import java.util.Arrays;

/** Sums the errors of one row or step, by feature. */
final class ErrorSum {

  private final Metric metric;
  private final double[] sums;
  private int count;

  /**
   * @param features how many numbers each addition has
   */
  ErrorSum(Metric metric, int features) {
    this.metric = metric;
    this.sums = new double[features];
  }

  void clear() {
    Arrays.fill(sums, 0);
    count = 0;
  }

  /** Adds the error of each feature. */
  void add(double[] errors) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += metric == Metric.MAE ? Math.abs(errors[i]) : errors[i] * errors[i];
    }
    count++;
  }

  /** Writes the mean errors at a place; nothing where none was added. */
  void write(DetectionResult.Errors errors, int at) {
    if (count == 0) {
      return;
    }
    double all = 0;
    for (int i = 0; i < sums.length; i++) {
      all += sums[i];
      errors.byFeature()[at * sums.length + i] = rooted(sums[i] / count);
    }
    errors.values()[at] = rooted(all / count / sums.length);
  }

  private double rooted(double mean) {
    return metric == Metric.RMSE ? Math.sqrt(mean) : mean;
  }
}
