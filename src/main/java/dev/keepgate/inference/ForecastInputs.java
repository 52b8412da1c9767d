package dev.keepgate.inference;

import dev.keepgate.batch.Feedback;
import dev.keepgate.model.ModelSettings;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;

/**
 * Makes the input of a step of the answer before it, and of what is known ahead. An answer is
 * undone by the target's scaler, and scaled as the input's column is.
 *
 * @param ahead [rows, horizon, known columns]: what is known ahead, scaled
 * @param horizon how many forecast steps there are
 */
record ForecastInputs(Signature signature, ForecastPlan plan, float[] ahead, int horizon)
    implements Feedback {

  @Override
  public int known(int row) {
    return 1;
  }

  /** Of a request whose step 0 is made of the answer to the history. */
  @Override
  public void feed(NetworkInput input, int row, int step, float[] outputs, int offset) {
    int to = (row * input.time() + step) * plan.inputSize();
    write(row, step, outputs, offset, input.x(), to);
  }

  /** Whether a number of the answer is one of the input as it is: no rounding, and no clipping. */
  static boolean isScaledAlike(ModelSettings settings, int output, int column) {
    Scaler target = settings.targetScaler();
    Scaler scaler = settings.scaler();
    if (target == null || scaler == null) {
      return target == null && scaler == null;
    }
    return target.columns().get(output).steps().equals(scaler.columns().get(column).steps());
  }

  /**
   * Writes an input.
   *
   * @param step of the forecast that was answered, from 0
   * @param answer its numbers, from {@code from} on
   * @param x where the input goes, from {@code to} on
   */
  void write(int row, int step, float[] answer, int from, float[] x, int to) {
    Scaler target = signature.settings().targetScaler();
    Scaler scaler = signature.settings().scaler();
    int[] columns = plan.columns();
    for (int i = 0; i < columns.length; i++) {
      float number = answer[from + i];
      if (!isScaledAlike(signature.settings(), i, columns[i])) {
        double reading = target == null ? number : target.invert(i, number);
        number = (float) (scaler == null ? reading : scaler.scale(columns[i], reading));
      }
      x[to + columns[i]] = number;
    }
    int[] known = plan.known();
    for (int i = 0; i < known.length; i++) {
      x[to + known[i]] = ahead[(row * horizon + step) * known.length + i];
    }
  }
}
