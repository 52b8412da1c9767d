package dev.keepgate.api.rest.csv;

import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.ForecastShape;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.StateLayout;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a series are its history, and what follows from it is answered at the end of the
 * file. Of a model that sees a window the last lines are kept; of any other the state, and the last
 * line. Lines on which all is missing that is fed back are of what is known ahead.
 */
final class ForecastScorer implements RowScorer {

  private static final String STEP = "step";

  private final ChunkRunner runner;
  private final ChunkUnroller states;
  private final Readings readings;
  private final CsvOptions options;
  private final CsvProperties properties;
  private final AnswerWriter answer;
  private final ForecastShape shape;
  private final RowChunk chunk;

  /** The readings that are known ahead. */
  private final List<Integer> known;

  /** How many lines of each series are kept. */
  private final int kept;

  private long lastLine = 1;

  /**
   * @param chunk of lines that states are taken along
   */
  ForecastScorer(CsvExchange.ScorerParts parts, ForecastShape shape, RowChunk chunk) {
    this.runner = parts.runner();
    this.readings = parts.readings();
    this.options = parts.options();
    this.properties = parts.properties();
    this.answer = parts.answer();
    this.states = new ChunkUnroller(runner, readings, false);
    this.shape = shape;
    this.chunk = chunk;
    this.kept = Math.max(1, shape.window());
    this.known = shape.known().stream().map(this::reading).toList();
  }

  /** Which reading a column of the model's own input is made of. */
  private int reading(int column) {
    Scaler scaler = readings.scaler();
    return scaler == null ? column : scaler.columns().get(column).source();
  }

  @Override
  public boolean[] fedBack() {
    if (known.isEmpty()) {
      return new boolean[0];
    }
    boolean[] fedBack = new boolean[readings.width()];
    for (int i = 0; i < fedBack.length; i++) {
      fedBack[i] = !known.contains(i);
    }
    return fedBack;
  }

  @Override
  public Columns columns(CsvColumns file) {
    List<String> targets = runner.stream().signature().settings().columns().targets();
    List<String> computed = new ArrayList<>(List.of(STEP));
    List<String> names =
        targets.size() == shape.width() ? targets : OutputCells.numbered("output", shape.width());
    computed.addAll(names);
    for (double level : options.ahead().sampling().quantiles()) {
      names.forEach(name -> computed.add(name + "_" + BigDecimal.valueOf(level).toPlainString()));
    }
    String sequence = options.reading().sequence();
    return new Columns(sequence == null ? List.of() : List.of(sequence), computed);
  }

  @Override
  public void add(CsvLine line) throws IOException {
    Series series = line.series();
    lastLine = line.number();
    if (line.isAhead()) {
      int most = options.ahead().horizon() == 0 ? Integer.MAX_VALUE : options.ahead().horizon();
      if (series.aheadSize() / known.size() < most) {
        series.addAhead(line.values(), known, runner.stream().memory());
      }
      return;
    }
    if (series.aheadSize() > 0) {
      throw CsvError.of(
          line.number(),
          "is a line of history after one of which only what is known ahead is there");
    }
    RowWindow window = series.window();
    if (window == null) {
      window = new RowWindow(kept, readings.width());
      series.window(window);
    } else if (shape.window() == 0) {
      // The state goes along the lines before the last one.
      int at = chunk.add(line);
      window.copyTo(chunk.values(), at);
      if (chunk.isFull()) {
        step();
      }
    }
    window.add(line.values());
  }

  private void step() throws IOException {
    if (chunk.count() > 0) {
      var unused = states.unroll(chunk);
      chunk.clear();
    }
  }

  /** There is nothing to answer before the end. */
  @Override
  public void compute() {}

  @Override
  public void end(Collection<Series> all) throws IOException {
    step();
    Map<Integer, List<Series>> byHorizon = new LinkedHashMap<>();
    for (Series series : all) {
      byHorizon.computeIfAbsent(horizon(series), any -> new ArrayList<>()).add(series);
    }
    for (Map.Entry<Integer, List<Series>> group : byHorizon.entrySet()) {
      int horizon = group.getKey();
      List<Series> series = group.getValue();
      int together = together(horizon);
      for (int from = 0; from < series.size(); from += together) {
        forecast(series.subList(from, Math.min(series.size(), from + together)), horizon);
      }
    }
  }

  private int horizon(Series series) {
    RowWindow window = series.window();
    long lines = window == null ? 0 : window.count();
    if (lines < kept) {
      throw new TensorFormatException(
          "",
          "%s has %d lines of history, the model sees %d at once"
              .formatted(label(series), lines, kept));
    }
    if (known.isEmpty()) {
      return options.ahead().horizon();
    }
    int ahead = series.aheadSize() / known.size();
    int horizon = options.ahead().horizon() == 0 ? ahead : options.ahead().horizon();
    if (ahead < horizon || horizon == 0) {
      throw new TensorFormatException(
          "",
          "%s has %d lines of what is known ahead, on which what is fed back is empty; a forecast of %d steps needs as many"
              .formatted(label(series), ahead, Math.max(1, horizon)));
    }
    return horizon;
  }

  private static String label(Series series) {
    return series.name().isEmpty() ? "the file" : "the series " + CsvError.shown(series.name());
  }

  private int together(int horizon) {
    long numbers =
        ((long) horizon + kept)
            * (readings.width() + 2L * shape.width())
            * shape.paths(options.ahead().sampling());
    return (int) Math.max(1, Math.min(properties.chunkWindows(), Scorers.MOST_NUMBERS / numbers));
  }

  private void forecast(List<Series> series, int horizon) throws IOException {
    int rows = series.size();
    int size = kept * readings.width();
    RequestMemory memory = runner.stream().memory();
    long bytes = 2L * Double.BYTES * rows * (size + (long) horizon * shape.width());
    memory.take(bytes);
    double[] history = new double[rows * size];
    for (int row = 0; row < rows; row++) {
      RowWindow window = series.get(row).window();
      if (window != null) {
        window.copyTo(history, row * size);
      }
    }
    StateLayout layout = runner.stream().signature().state();
    ForecastResult result =
        runner.forecast(
            new ChunkRunner.Rows(
                RowChunk.tensor(history, readings, rows, kept),
                shape.window() > 0 ? null : StateRows.join(layout, series),
                null,
                OptionalLong.empty(),
                1,
                lastLine),
            horizon,
            ahead(series, horizon),
            options.ahead().sampling());
    for (int row = 0; row < rows; row++) {
      for (int step = 0; step < horizon; step++) {
        answer.line();
        if (options.reading().sequence() != null) {
          answer.cell(series.get(row).name());
        }
        answer.number((long) step + 1);
        int at = (row * horizon + step) * shape.width();
        write(result.shape().readings(), result.values(), at);
        for (ForecastResult.Quantile quantile : result.quantiles()) {
          write(result.shape().readings(), quantile.values(), at);
        }
        answer.end();
      }
    }
    answer.send();
    memory.giveBack(bytes);
  }

  private void write(boolean areReadings, double[] values, int at) {
    for (int i = at; i < at + shape.width(); i++) {
      if (areReadings) {
        answer.number(values[i]);
      } else {
        // The network's own are floats, and are told in their digits.
        answer.number((float) values[i]);
      }
    }
  }

  private @Nullable Tensor ahead(List<Series> series, int horizon) {
    if (known.isEmpty()) {
      return null;
    }
    int size = horizon * known.size();
    double[] ahead = new double[series.size() * size];
    for (int row = 0; row < series.size(); row++) {
      System.arraycopy(series.get(row).ahead(), 0, ahead, row * size, size);
    }
    return new Tensor.Doubles(new int[] {series.size(), horizon, known.size()}, ahead);
  }

  @Override
  public long seriesBytes() {
    return UnrollScorer.bytes(runner, readings) + RowWindow.bytes(kept, readings.width());
  }
}
