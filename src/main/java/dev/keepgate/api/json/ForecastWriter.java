package dev.keepgate.api.json;

import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.ForecastResult.Drawn;
import dev.keepgate.inference.ForecastResult.Quantile;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.tensor.JsonBuffer;
import java.math.BigDecimal;
import java.util.Arrays;

/** Writes a forecast. */
public record ForecastWriter(ForecastResult result) {

  /** Appends it whole. */
  public void write(JsonBuffer json) {
    ForecastResult.Shape shape = result.shape();
    json.raw("{").raw(model()).raw(",\"forecast\":");
    write(json, result.values(), shape.batch(), shape.horizon(), shape.targets());
    if (!result.quantiles().isEmpty()) {
      json.raw(",\"quantiles\":{");
      for (Quantile quantile : result.quantiles()) {
        json.comma().name(level(quantile));
        write(json, quantile.values(), shape.batch(), shape.horizon(), shape.targets());
      }
      json.raw("}");
    }
    Drawn drawn = result.drawn();
    if (drawn != null && drawn.values() != null) {
      json.raw(",\"samples\":");
      write(json, drawn.values(), shape.batch(), drawn.count(), shape.horizon(), shape.targets());
    }
    json.raw(seed());
    writeState(json);
    json.raw("}");
  }

  private void writeState(JsonBuffer json) {
    RecurrentState state = result.state();
    if (state != null) {
      new StateWriter(state, result.shape().batch(), result.shape().batched()).write(json);
    }
  }

  /** Appends the numbers of one step. */
  public void writeStep(JsonBuffer json, int step) {
    json.raw("{\"step\":" + step + ",\"forecast\":");
    writeStep(json, result.values(), step);
    if (!result.quantiles().isEmpty()) {
      json.raw(",\"quantiles\":{");
      for (Quantile quantile : result.quantiles()) {
        writeStep(json.comma().name(level(quantile)), quantile.values(), step);
      }
      json.raw("}");
    }
    json.raw("}");
  }

  /** Appends what a stream ends with. */
  public void writeEnd(JsonBuffer json) {
    json.raw("{").raw(model()).raw(seed());
    writeState(json);
    json.raw("}");
  }

  private String model() {
    return "\"model\":\"%s\",\"version\":\"%d\""
        .formatted(result.id().name(), result.id().version());
  }

  private String seed() {
    Drawn drawn = result.drawn();
    return drawn == null ? "" : ",\"seed\":" + drawn.seed();
  }

  /** A level without an exponent. */
  public static String level(Quantile quantile) {
    return BigDecimal.valueOf(quantile.level()).stripTrailingZeros().toPlainString();
  }

  /** Appends numbers, without the dimension of rows where the request has none. */
  private void write(JsonBuffer json, double[] values, int... shape) {
    tensor(
        json,
        values,
        result.shape().batched() ? shape : Arrays.copyOfRange(shape, 1, shape.length));
  }

  private void writeStep(JsonBuffer json, double[] values, int step) {
    ForecastResult.Shape shape = result.shape();
    json.raw(shape.batched() ? "[" : "");
    for (int row = 0; row < shape.batch(); row++) {
      int at = shape.at(row, step);
      json.raw(row > 0 ? "," : "");
      tensor(json, Arrays.copyOfRange(values, at, at + shape.targets()), shape.targets());
    }
    json.raw(shape.batched() ? "]" : "");
  }

  /** Appends readings in double precision, and the network's own numbers as floats. */
  public void tensor(JsonBuffer json, double[] values, int... shape) {
    if (result.shape().readings()) {
      json.tensor(values, 0, shape);
      return;
    }
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    json.tensor(floats, 0, shape);
  }
}
