package dev.keepgate.api.rest;

import dev.keepgate.inference.DetectionResult;
import dev.keepgate.tensor.JsonBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Writes how far answers were off. */
record DetectionWriter(DetectionResult result) {

  void write(JsonBuffer json) {
    json.raw("{\"model\":\"").raw(result.id().name());
    json.raw("\",\"version\":\"").raw(Long.toString(result.id().version()));
    json.raw("\",\"kind\":\"").raw(result.kind().name().toLowerCase(Locale.ROOT));
    json.raw("\",\"metric\":\"").raw(result.metric().name().toLowerCase(Locale.ROOT));
    json.raw("\",\"error\":");
    DetectionResult.Errors errors = result.errors();
    write(json, errors.shape(), at -> number(errors.values()[at]));
    json.raw(",\"feature_error\":");
    int[] byFeature = Arrays.copyOf(errors.shape(), errors.shape().length + 1);
    byFeature[errors.shape().length] = errors.features();
    write(json, byFeature, at -> number(errors.byFeature()[at]));
    Double threshold = result.threshold();
    if (threshold != null) {
      json.raw(",\"threshold\":").raw(Double.toString(threshold));
      json.raw(",\"anomaly\":");
      write(json, errors.shape(), at -> isAnomaly(errors.values()[at], threshold));
    }
    json.raw("}");
  }

  private static @Nullable String number(double error) {
    return Double.isNaN(error) ? null : Double.toString(error);
  }

  private static @Nullable String isAnomaly(double error, double threshold) {
    return Double.isNaN(error) ? null : Boolean.toString(error > threshold);
  }

  private void write(JsonBuffer json, int[] shape, IntFunction<@Nullable String> values) {
    write(
        json, result.batched() ? shape : Arrays.copyOfRange(shape, 1, shape.length), 0, 0, values);
  }

  private static void write(
      JsonBuffer json, int[] shape, int axis, int index, IntFunction<@Nullable String> values) {
    if (axis == shape.length) {
      json.raw(String.valueOf(values.apply(index)));
      return;
    }
    json.raw("[");
    for (int i = 0; i < shape[axis]; i++) {
      json.raw(i > 0 ? "," : "");
      write(json, shape, axis + 1, index * shape[axis] + i, values);
    }
    json.raw("]");
  }
}
