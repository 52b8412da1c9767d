package dev.keepgate.inference;

import dev.keepgate.inference.DetectionResult.Errors;
import dev.keepgate.model.ModelSettings;
import dev.keepgate.model.ModelSettings.Metric;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import java.util.stream.IntStream;

/** The errors of what was said of steps, against these steps. */
final class StepErrors {

  private final ModelSettings settings;

  /** Of each number of what is said, the column of the step that it is; -1 where it is none. */
  private final int[] columns;

  /** Those numbers of what is said that are some of the step. */
  private final int[] compared;

  /** Whether each of these is scaled as its column is. */
  private final boolean[] alike;

  private final double[] errors;
  private final ErrorSum sum;

  private StepErrors(ModelSettings settings, int[] columns, boolean isAlike, Metric metric) {
    this.settings = settings;
    this.columns = columns;
    this.compared = IntStream.range(0, columns.length).filter(i -> columns[i] >= 0).toArray();
    this.alike = new boolean[compared.length];
    for (int i = 0; i < compared.length; i++) {
      int output = compared[i];
      alike[i] = isAlike || isScaledAlike(settings, output, columns[output]);
    }
    this.errors = new double[compared.length];
    this.sum = new ErrorSum(metric, compared.length);
  }

  private static boolean isScaledAlike(ModelSettings settings, int output, int column) {
    return ForecastPaths.isScaledAlike(settings.targetScaler(), output, settings.scaler(), column);
  }

  /** Of what is said of the next step. */
  static StepErrors of(Signature signature, ForecastPlan plan, Metric metric) {
    return new StepErrors(signature.settings(), plan.columns(), false, metric);
  }

  /**
   * Of what is made of the steps themselves; numbers that are no readings are the network's own.
   */
  static StepErrors ofReconstruction(Signature signature, Metric metric) {
    ModelSettings settings = signature.settings();
    boolean areNoReadings = settings.targetScaler() == null && settings.scaler() != null;
    return new StepErrors(settings, DetectionPlan.reconstructed(signature), areNoReadings, metric);
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
    sum.clear();
    add(said, saidAt, x, xAt);
    sum.write(to, at);
  }

  /**
   * Writes the error of a row.
   *
   * @param at the row
   * @param from of its first number, both of what was said and of what was
   * @param to after its last
   */
  void writeRow(float[] said, float[] x, int from, int to, Errors errors, int at) {
    sum.clear();
    for (int step = from; step < to; step += columns.length) {
      add(said, step, x, step);
    }
    sum.write(errors, at);
  }

  private void add(float[] said, int saidAt, float[] x, int xAt) {
    for (int i = 0; i < compared.length; i++) {
      int output = compared[i];
      float number = x[xAt + columns[output]];
      errors[i] = said[saidAt + output] - (alike[i] ? number : asOutput(output, number));
    }
    sum.add(errors);
  }

  /** A number of the input as the output would say it. */
  private double asOutput(int output, float number) {
    Scaler scaler = settings.scaler();
    Scaler target = settings.targetScaler();
    double reading = scaler == null ? number : scaler.invert(columns[output], number);
    return target == null ? reading : target.scale(output, reading);
  }
}
