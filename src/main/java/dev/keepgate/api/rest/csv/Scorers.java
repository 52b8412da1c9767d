package dev.keepgate.api.rest.csv;

import dev.keepgate.api.rest.csv.CsvExchange.ScorerParts;
import dev.keepgate.inference.DetectionShape;
import dev.keepgate.inference.ForecastShape;
import dev.keepgate.model.ModelSettings.DetectionKind;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.TensorFormatException;

/** Makes what scores the lines of a file. */
final class Scorers {

  /** Numbers that a chunk of windows, or what computes it, has about. */
  static final long MOST_NUMBERS = 1 << 22;

  private Scorers() {}

  /** Line by line, or by windows where the model sees so many steps or they are asked for. */
  static RowScorer unroll(ScorerParts parts) {
    Signature signature = parts.runner().stream().signature();
    int window = window(signature, parts.options());
    OutputCells outputs = new OutputCells(signature, parts.options().units(), window == 0);
    if (window == 0) {
      requireCausal(signature);
      return new UnrollScorer(parts, outputs, rows(parts));
    }
    return new WindowScorer(
        parts,
        new WindowOutputs(parts.runner(), outputs),
        windows(parts, window),
        new WindowScorer.Windows(window, parts.options().stride()));
  }

  /** Step by step of a sequence. */
  static RowScorer sequence(ScorerParts parts) {
    Signature signature = parts.runner().stream().signature();
    OutputCells outputs = new OutputCells(signature, parts.options().units(), true);
    return new SequenceScorer(parts, outputs, rows(parts));
  }

  /** What follows from the lines of each series. */
  static RowScorer forecast(ScorerParts parts) {
    ForecastShape shape = ForecastShape.of(parts.runner().stream().signature());
    if (parts.options().ahead().horizon() == 0 && shape.known().isEmpty()) {
      throw new TensorFormatException("?horizon", "is missing: how many steps to go on");
    }
    return new ForecastScorer(parts, shape, rows(parts));
  }

  /**
   * How far off the model is: at windows that it reconstructs, or at the line after each window.
   */
  static RowScorer detect(ScorerParts parts) {
    Signature signature = parts.runner().stream().signature();
    DetectionShape shape = DetectionShape.of(signature);
    int own = shape.window() > 0 ? shape.window() : signature.settings().forecasting().window();
    int window = parts.options().window().orElse(own);
    if (window == 0 || (shape.window() > 0 && window != shape.window())) {
      throw new TensorFormatException(
          "?window",
          shape.window() > 0
              ? "this model sees %d steps at once, got %d".formatted(shape.window(), window)
              : "is missing: say how many lines the model sees before each error");
    }
    int lines = shape.kind() == DetectionKind.FORECAST ? window + 1 : window;
    return new WindowScorer(
        parts,
        new DetectionCells(parts.runner(), parts.readings(), shape),
        windows(parts, lines),
        new WindowScorer.Windows(lines, parts.options().stride()));
  }

  private static void requireCausal(Signature signature) {
    if (!signature.isCausal()) {
      throw new TensorFormatException(
          "?window",
          "is missing: this model needs all steps at once (%s); say how many lines make one unroll"
              .formatted(signature.inside().whole()));
    }
  }

  private static int window(Signature signature, CsvOptions options) {
    Signature.Input input = signature.inputs().get(0);
    int fixed = input.steps() ? 0 : input.shape().get(1).size();
    int window =
        options.window().orElse(fixed > 0 ? fixed : signature.settings().forecasting().window());
    if (fixed > 0 && window != fixed) {
      throw new TensorFormatException(
          "?window", "this model takes %d steps at once, got %d".formatted(fixed, window));
    }
    if (window == 0 && options.stride() != 1) {
      throw new TensorFormatException("?stride", "is of windows; say how long by ?window=");
    }
    return window;
  }

  /** Chunks of lines. */
  static RowChunk rows(ScorerParts parts) {
    Signature signature = parts.runner().stream().signature();
    long width = Math.max(parts.readings().width(), signature.outputSize());
    int most = (int) Math.max(1, Math.min(parts.properties().chunkRows(), MOST_NUMBERS / width));
    return new RowChunk(parts.readings().width(), most, parts.runner().stream().memory());
  }

  /** Chunks of windows. */
  static RowChunk windows(ScorerParts parts, int window) {
    Signature signature = parts.runner().stream().signature();
    long width = (long) parts.readings().width() * window;
    if (width > MOST_NUMBERS) {
      throw new TensorFormatException(
          "?window",
          "a window may have %,d numbers, this one has %,d".formatted(MOST_NUMBERS, width));
    }
    long numbers = Math.max(width, signature.inside().numbers().at(window));
    int most =
        (int) Math.max(1, Math.min(parts.properties().chunkWindows(), MOST_NUMBERS / numbers));
    return new RowChunk((int) width, most, parts.runner().stream().memory());
  }
}
