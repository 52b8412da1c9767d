package dev.keepgate.api.json;

import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.Operation;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleFunction;

/** Writes how far off was what a sequence's steps said of the next, where that was asked. */
public final class StepErrorWriter {

  private StepErrorWriter() {}

  /** Appends {@code ,"error":...}, and the threshold and {@code anomaly} where one is known. */
  public static void write(InferenceResult result, JsonBuffer json) {
    if (result.errors() == null) {
      return;
    }
    write(result, json.raw(",\"error\":"), Double::toString);
    Double threshold = result.signature().settings().detection().threshold();
    if (threshold != null) {
      json.raw(",\"threshold\":").raw(Double.toString(threshold)).raw(",\"anomaly\":");
      write(result, json, error -> Boolean.toString(error > threshold));
    }
  }

  private static void write(InferenceResult result, JsonBuffer json, DoubleFunction<String> value) {
    json.raw(result.batched() ? "[" : "");
    for (int row = 0; row < result.batch(); row++) {
      json.raw(row > 0 ? "," : "");
      writeRow(result, row, json, value);
    }
    json.raw(result.batched() ? "]" : "");
  }

  private static void writeRow(
      InferenceResult result, int row, JsonBuffer json, DoubleFunction<String> value) {
    double[] errors = Objects.requireNonNull(result.errors());
    boolean unrolled = result.operation() == Operation.UNROLL;
    json.raw(unrolled ? "[" : "");
    for (int time = 0; time < result.time(); time++) {
      double error = errors[row * result.time() + time];
      json.raw(time > 0 ? "," : "").raw(Double.isNaN(error) ? "null" : value.apply(error));
    }
    json.raw(unrolled ? "]" : "");
  }

  /** Adds {@code error}, which is NaN where nothing was said. */
  public static void putInto(InferenceResult result, Map<String, Tensor.Floats> tensors) {
    double[] errors = result.errors();
    if (errors == null) {
      return;
    }
    float[] rounded = new float[errors.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (float) errors[i];
    }
    int[] all = {result.batch(), result.time()};
    int end = result.operation() == Operation.UNROLL ? 2 : 1;
    tensors.put(
        "error", Tensor.Floats.of(rounded, Arrays.copyOfRange(all, result.batched() ? 0 : 1, end)));
  }
}
