package dev.keepgate.api.rest.csv;

import dev.keepgate.inference.DetectionResult;
import dev.keepgate.inference.DetectionShape;
import dev.keepgate.model.ModelSettings;
import dev.keepgate.model.Signature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How far off a model is at each window: at what it makes of it, or at its last line, which the
 * lines before it say. NaN never comes: every window has all its lines.
 */
final class DetectionCells implements WindowAnswers {

  private final ChunkRunner runner;
  private final Readings readings;
  private final DetectionShape shape;

  DetectionCells(ChunkRunner runner, Readings readings, DetectionShape shape) {
    this.runner = runner;
    this.readings = readings;
    this.shape = shape;
  }

  @Override
  public List<String> names() {
    List<String> names = new ArrayList<>(List.of("error"));
    for (String feature : features(runner.stream().signature())) {
      names.add("error_" + feature);
    }
    if (shape.threshold() != null) {
      names.add("threshold");
      names.add("anomaly");
    }
    return names;
  }

  private List<String> features(Signature signature) {
    ModelSettings.Columns columns = signature.settings().columns();
    for (List<String> names : List.of(columns.targets(), readings.names())) {
      if (names.size() == shape.features()) {
        return names;
      }
    }
    List<String> numbers = new ArrayList<>();
    for (int i = 0; i < shape.features(); i++) {
      numbers.add(Integer.toString(i));
    }
    return numbers;
  }

  @Override
  public Cells compute(ChunkRunner.Rows windows) throws IOException {
    DetectionResult.Errors errors = runner.detect(windows).errors();
    // Of a forecaster there is an error of each step, and the last is the window's.
    int steps = errors.shape().length > 1 ? errors.shape()[1] : 1;
    return (to, window) -> {
      int at = window * steps + steps - 1;
      double error = errors.values()[at];
      to.number(error);
      for (int i = 0; i < errors.features(); i++) {
        to.number(errors.byFeature()[at * errors.features() + i]);
      }
      Double threshold = shape.threshold();
      if (threshold != null) {
        to.number(threshold).flag(error > threshold);
      }
    };
  }
}
