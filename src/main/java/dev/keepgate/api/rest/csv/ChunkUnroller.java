package dev.keepgate.api.rest.csv;

import dev.keepgate.inference.InferenceResult;
import dev.keepgate.model.StateLayout;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Takes the series of a chunk along its lines: they are the rows of a request, and each goes on
 * from its state.
 */
final class ChunkUnroller {

  /** A request has at most so many times the steps that count, the rest being padding. */
  private static final int MOST_PADDING = 4;

  private final ChunkRunner runner;
  private final Readings readings;
  private final boolean sequences;

  /**
   * @param sequences whether every step is answered; else nothing is but the states
   */
  ChunkUnroller(ChunkRunner runner, Readings readings, boolean sequences) {
    this.runner = runner;
    this.readings = readings;
    this.sequences = sequences;
  }

  /** Lines of a chunk by their series. */
  private record Lines(Series series, List<Integer> lines) {}

  /**
   * Where a line's answer is.
   *
   * @param outputs of the request
   * @param row of the request
   * @param step of the row
   */
  record Place(List<InferenceResult.Output> outputs, int row, int step) {}

  /** Computes all lines, which the series have behind them then. */
  Place[] unroll(RowChunk chunk) throws IOException {
    Map<Series, Lines> bySeries = new LinkedHashMap<>();
    for (int line = 0; line < chunk.count(); line++) {
      bySeries
          .computeIfAbsent(chunk.series(line), series -> new Lines(series, new ArrayList<>()))
          .lines()
          .add(line);
    }
    List<Lines> longestFirst = new ArrayList<>(bySeries.values());
    longestFirst.sort(Comparator.comparingInt((Lines each) -> each.lines().size()).reversed());
    Place[] places = new Place[chunk.count()];
    for (int from = 0; from < longestFirst.size(); ) {
      int steps = longestFirst.get(from).lines().size();
      int most = Math.max(1, MOST_PADDING * chunk.count() / steps);
      int to = Math.min(longestFirst.size(), from + most);
      unroll(chunk, longestFirst.subList(from, to), places);
      from = to;
    }
    return places;
  }

  private void unroll(RowChunk chunk, List<Lines> group, Place[] places) throws IOException {
    int rows = group.size();
    int steps = group.get(0).lines().size();
    int width = readings.width();
    double[] x = new double[rows * steps * width];
    int[] lengths = new int[rows];
    for (int row = 0; row < rows; row++) {
      List<Integer> lines = group.get(row).lines();
      lengths[row] = lines.size();
      for (int step = 0; step < steps; step++) {
        // What pads is not computed, but must be readings.
        int line = lines.get(Math.min(step, lines.size() - 1));
        System.arraycopy(chunk.values(), line * width, x, (row * steps + step) * width, width);
      }
    }
    StateLayout layout = runner.stream().signature().state();
    List<Series> series = group.stream().map(Lines::series).toList();
    InferenceResult result =
        runner.unroll(
            new ChunkRunner.Rows(
                RowChunk.tensor(x, readings, rows, steps),
                StateRows.join(layout, series),
                lengths[rows - 1] < steps ? new Tensor.Ints(new int[] {rows}, lengths) : null,
                OptionalLong.empty(),
                chunk.firstLine(),
                chunk.lastLine()),
            sequences);
    StateRows.part(result.output().state(), series);
    List<InferenceResult.Output> computed = result.outputs();
    for (int row = 0; row < rows; row++) {
      List<Integer> lines = group.get(row).lines();
      for (int step = 0; step < lines.size(); step++) {
        places[lines.get(step)] = new Place(computed, row, step);
      }
    }
  }
}
