package dev.keepgate.api.rest;

import dev.keepgate.inference.ForecastResult;
import dev.keepgate.tensor.JsonBuffer;
import java.util.Arrays;

/** Writes a forecast. */
record ForecastWriter(ForecastResult result) {

  void write(JsonBuffer json) {
    json.raw("{\"model\":\"").raw(result.id().name());
    json.raw("\",\"version\":\"").raw(Long.toString(result.id().version()));
    json.raw("\",\"forecast\":");
    int[] shape =
        result.batched()
            ? result.shape()
            : Arrays.copyOfRange(result.shape(), 1, result.shape().length);
    if (result.scaler() == null) {
      json.tensor(result.values(), 0, shape);
    } else {
      json.tensor(result.scaler().invert(result.values()), 0, shape);
    }
    json.raw("}");
  }
}
