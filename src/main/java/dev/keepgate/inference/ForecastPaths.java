package dev.keepgate.inference;

import dev.keepgate.batch.Feedback;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import org.jspecify.annotations.Nullable;

/**
 * The paths of a forecast: the numbers of their steps, and the inputs that follow from them. There
 * is one path of each history, or as many as are drawn, one after the other. A number is undone by
 * the target's scaler, and scaled as the input's column is.
 */
final class ForecastPaths implements Feedback {

  private final Signature signature;
  private final ForecastPlan plan;
  private final ForecastHead head;
  private final Size size;

  /** [rows, horizon, known columns]: what is known ahead, scaled. */
  private final float[] ahead;

  /** [paths, horizon, kept numbers] */
  private final float[] values;

  /**
   * How many there are.
   *
   * @param rows of histories
   * @param perRow paths of each
   * @param horizon steps of each path
   */
  record Size(int rows, int perRow, int horizon) {
    int paths() {
      return Math.multiplyExact(rows, perRow);
    }
  }

  ForecastPaths(
      Signature signature, ForecastPlan plan, ForecastHead head, Size size, float[] ahead) {
    this.signature = signature;
    this.plan = plan;
    this.head = head;
    this.size = size;
    this.ahead = ahead;
    this.values =
        new float
            [Math.multiplyExact(Math.multiplyExact(size.paths(), size.horizon()), head.kept())];
  }

  Size size() {
    return size;
  }

  ForecastPlan plan() {
    return plan;
  }

  ForecastHead head() {
    return head;
  }

  /** A number of a step, as the network has it. */
  float value(int path, int step, int index) {
    return values[at(path, step) + index];
  }

  private int at(int path, int step) {
    return (path * size.horizon() + step) * head.kept();
  }

  /**
   * Takes the steps of an answer.
   *
   * @param answer of each path, or of each history, which is that of all its paths
   * @param from the first step that it is of
   * @return after the last step that is there now
   */
  int take(float[] answer, int from) {
    int to = Math.min(size.horizon(), from + plan.answered());
    int answerSize = plan.layout().size();
    int sharing = size.paths() / (answer.length / answerSize);
    for (int path = 0; path < size.paths(); path++) {
      for (int step = from; step < to; step++) {
        head.read(answer, path / sharing * answerSize, path, step, values, at(path, step));
      }
    }
    return to;
  }

  /** Takes the last step of a task that went on by this. */
  void takeLast(float[] outputs) {
    int width = plan.layout().size();
    int last = size.horizon() - 1;
    for (int path = 0; path < size.paths(); path++) {
      head.read(outputs, ((path + 1) * last - 1) * width, path, last, values, at(path, last));
    }
  }

  @Override
  public int known(int path) {
    return 1;
  }

  /** Of a task whose step 0 is made of the answer to the history. */
  @Override
  public void feed(NetworkInput input, int path, int step, float[] outputs, int offset) {
    head.read(outputs, offset, path, step, values, at(path, step));
    write(path, step, input.x(), (path * input.time() + step) * plan.inputSize());
  }

  /**
   * Writes the input that follows from a step that is there.
   *
   * @param x where the input goes, from {@code to} on
   */
  void write(int path, int step, float[] x, int to) {
    Scaler target = targetScaler();
    Scaler scaler = signature.settings().scaler();
    int[] columns = plan.columns();
    int from = at(path, step);
    for (int i = 0; i < columns.length; i++) {
      float number = values[from + i];
      int column = target == null ? i : plan.column(target, step, i);
      if (!isScaledAlike(target, column, scaler, columns[i])) {
        double reading = target == null ? number : target.invert(column, number);
        number = (float) (scaler == null ? reading : scaler.scale(columns[i], reading));
      }
      x[to + columns[i]] = number;
    }
    int[] known = plan.known();
    int row = path / size.perRow();
    for (int i = 0; i < known.length; i++) {
      x[to + known[i]] = ahead[(row * size.horizon() + step) * known.length + i];
    }
  }

  /** Whose inverse makes readings of the numbers. */
  @Nullable Scaler targetScaler() {
    var distribution = signature.settings().forecasting().distribution();
    return distribution == null ? signature.settings().targetScaler() : distribution.scaler();
  }

  /** Whether a number of the answer is one of the input as it is: no rounding, and no clipping. */
  static boolean isScaledAlike(
      @Nullable Scaler target, int output, @Nullable Scaler scaler, int column) {
    if (target == null || scaler == null) {
      return target == null && scaler == null;
    }
    return target.columns().get(output).steps().equals(scaler.columns().get(column).steps());
  }
}
