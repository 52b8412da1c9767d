package dev.keepgate.inference;

import dev.keepgate.inference.ForecastResult.Quantile;
import dev.keepgate.model.Distribution;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Scaler;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sums paths up into what is answered, a step at a time. */
final class ForecastSummary {

  private final ForecastPaths paths;
  private final ForecastResult result;
  private final @Nullable Scaler scaler;

  /** The numbers of one target at one step, of all paths of a history. */
  private final double[] drawn;

  /**
   * @param batched whether the request has a dimension of rows
   * @param scaled whether it is answered in the network's own numbers
   */
  ForecastSummary(
      ModelId model, ForecastPaths paths, ForecastSampling asked, boolean batched, boolean scaled) {
    this.paths = paths;
    this.scaler = scaled ? null : paths.targetScaler();
    this.drawn = new double[paths.size().perRow()];
    ForecastPaths.Size size = paths.size();
    ForecastResult.Shape shape =
        new ForecastResult.Shape(
            size.rows(), size.horizon(), paths.plan().width(), batched, scaler != null);
    List<Quantile> quantiles =
        asked.quantiles().stream()
            .map(level -> new Quantile(level, new double[shape.size()]))
            .toList();
    this.result =
        new ForecastResult(
            model, shape, new double[shape.size()], quantiles, drawn(asked, shape), null);
  }

  private ForecastResult.@Nullable Drawn drawn(ForecastSampling asked, ForecastResult.Shape shape) {
    int count = paths.size().perRow();
    return paths.head() instanceof ForecastHead.Drawn head
        ? new ForecastResult.Drawn(
            head.seed(),
            count,
            asked.returnSamples() ? new double[Math.multiplyExact(count, shape.size())] : null)
        : null;
  }

  ForecastResult result() {
    return result;
  }

  /**
   * Sums steps up.
   *
   * @param from the first
   * @param to after the last
   * @throws InferenceException.NotFinite if one left the range of numbers
   */
  void add(int from, int to) {
    ForecastResult.Shape shape = result.shape();
    for (int row = 0; row < shape.batch(); row++) {
      for (int step = from; step < to; step++) {
        for (int target = 0; target < shape.targets(); target++) {
          add(row, step, target);
        }
      }
    }
  }

  private void add(int row, int step, int target) {
    int at = result.shape().at(row, step) + target;
    if (paths.head() instanceof ForecastHead.Drawn) {
      sumUp(row, step, target);
      return;
    }
    result.values()[at] = finite(row, step, reading(row, step, target, target));
    if (paths.head() instanceof ForecastHead.Quantiles head) {
      for (Quantile quantile : result.quantiles()) {
        int index = head.first(quantile.level()) + target;
        quantile.values()[at] = finite(row, step, reading(row, step, target, index));
      }
    }
  }

  private void sumUp(int row, int step, int target) {
    int at = result.shape().at(row, step) + target;
    double sum = 0;
    for (int i = 0; i < drawn.length; i++) {
      int path = row * drawn.length + i;
      drawn[i] = reading(path, step, target, target);
      sum += drawn[i];
      keep(path, step, target, drawn[i]);
    }
    result.values()[at] = finite(row, step, sum / drawn.length);
    if (!result.quantiles().isEmpty()) {
      Arrays.sort(drawn);
      for (Quantile quantile : result.quantiles()) {
        quantile.values()[at] = quantile(quantile.level());
      }
    }
  }

  private void keep(int path, int step, int target, double reading) {
    ForecastResult.Drawn kept = result.drawn();
    if (kept != null && kept.values() != null) {
      int targets = result.shape().targets();
      kept.values()[(path * result.shape().horizon() + step) * targets + target] = reading;
    }
  }

  /** Of the sorted draws, between the nearest two as NumPy has it. */
  private double quantile(double level) {
    double place = level * (drawn.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, drawn.length - 1);
    return drawn[below] + (place - below) * (drawn[above] - drawn[below]);
  }

  /**
   * @param index among the numbers that are kept of a step
   */
  private double reading(int path, int step, int target, int index) {
    float number = paths.value(path, step, index);
    return scaler == null
        ? number
        : scaler.invert(paths.plan().column(scaler, step, target), number);
  }

  private double finite(int row, int step, double reading) {
    if (!Double.isFinite(reading)) {
      throw new InferenceException.NotFinite(
          "the forecast of row %d is %s at step %d%s".formatted(row, reading, step, reason()));
    }
    return reading;
  }

  private String reason() {
    if (!(paths.head() instanceof ForecastHead.Drawn head)) {
      return "";
    }
    Distribution.Kind kind = head.distribution().kind();
    return ": the network's numbers are no parameters of %s as config.distribution.activations reads them"
        .formatted(kind.word());
  }
}
