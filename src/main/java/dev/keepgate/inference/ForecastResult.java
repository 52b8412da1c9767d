package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a forecast is answered.
 *
 * @param id the version that computed it
 * @param shape how its numbers are laid out
 * @param values [batch, horizon, targets]: the forecast itself; the mean of the paths where some
 *     were drawn, the median where the network answers quantiles
 * @param quantiles those that were asked for, in that order
 * @param drawn the paths; null where none were drawn
 * @param state after the history; null where it was not asked for
 */
public record ForecastResult(
    ModelId id,
    Shape shape,
    double[] values,
    List<Quantile> quantiles,
    @Nullable Drawn drawn,
    @Nullable RecurrentState state) {

  /**
   * The layout of a forecast's numbers.
   *
   * @param batch how many histories there are
   * @param horizon how many steps
   * @param targets how many numbers a step
   * @param batched whether the request has a dimension of rows
   * @param readings whether the numbers are readings, undone in double precision; else they are the
   *     network's own, which are floats
   */
  public record Shape(int batch, int horizon, int targets, boolean batched, boolean readings) {

    int size() {
      return Math.multiplyExact(Math.multiplyExact(batch, horizon), targets);
    }

    /** Where the numbers of a step begin. */
    public int at(int row, int step) {
      return (row * horizon + step) * targets;
    }
  }

  /**
   * A quantile of what may come.
   *
   * @param level between 0 and 1
   * @param values [batch, horizon, targets]
   */
  public record Quantile(double level, double[] values) {}

  /**
   * Paths that were drawn.
   *
   * @param seed of the draws
   * @param count of each history
   * @param values [batch, count, horizon, targets]; null where they were not asked for
   */
  public record Drawn(long seed, int count, double @Nullable [] values) {}

  /** How many numbers it has. */
  public long numbers() {
    long paths = drawn == null || drawn.values() == null ? 0 : drawn.values().length;
    long slots = state == null ? 0 : state.layout().rowSize() * shape.batch();
    return (1L + quantiles.size()) * values.length + paths + slots;
  }

  ForecastResult with(RecurrentState after) {
    return new ForecastResult(id, shape, values, quantiles, drawn, after);
  }
}
