package dev.keepgate.inference;

import dev.keepgate.inference.DetectionResult.Errors;
import dev.keepgate.model.ModelSettings.Metric;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import java.util.stream.IntStream;

/** The errors of what was said of a step, against that step. */
final class StepErrors {

  private final Signature signature;
  private final ForecastPlan plan;

  /** Those numbers of what is said that are some of the step. */
  private final int[] compared;

  private final double[] errors;
  private final ErrorSum sum;

  StepErrors(Signature signature, ForecastPlan plan, Metric metric) {
    this.signature = signature;
    this.plan = plan;
    this.compared = IntStream.range(0, plan.width()).filter(i -> plan.columns()[i] >= 0).toArray();
    this.errors = new double[compared.length];
    this.sum = new ErrorSum(metric, compared.length);
  }

  /** How many numbers are compared. */
  int features() {
    return compared.length;
  }

  /**
   * Writes the error of a step.
   *
   * @param said what was said of it, from {@code saidAt} on
   * @param x the step, from {@code xAt} on
   * @param at where the error goes
   */
  void write(float[] said, int saidAt, float[] x, int xAt, Errors to, int at) {
    for (int i = 0; i < compared.length; i++) {
      int column = plan.columns()[compared[i]];
      errors[i] = said[saidAt + compared[i]] - asOutput(compared[i], column, x[xAt + column]);
    }
    sum.clear();
    sum.add(errors);
    sum.write(to, at);
  }

  /** A number of the input as the output would say it. */
  private double asOutput(int output, int column, float number) {
    Scaler scaler = signature.settings().scaler();
    Scaler target = signature.settings().targetScaler();
    if (ForecastPaths.isScaledAlike(target, output, scaler, column)) {
      return number;
    }
    double reading = scaler == null ? number : scaler.invert(column, number);
    return target == null ? reading : target.scale(output, reading);
  }
}
