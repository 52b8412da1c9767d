package dev.keepgate.api.rest;

import dev.keepgate.api.json.JsonFields;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.ThresholdRequest;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.TensorFormatException;
import tools.jackson.core.JsonParser;

/** Reads the body that a threshold is made of, field by field. */
final class ThresholdReader implements JsonOperation.Reader<ThresholdRequest> {

  private static final double DEFAULT_QUANTILE = 0.99;

  private final DetectionReader usual;
  private double quantile = DEFAULT_QUANTILE;
  private boolean keep;

  ThresholdReader(Signature signature, InferenceRequest.Units units, ArrayMemory memory) {
    this.usual = new DetectionReader(signature, units, memory);
  }

  @Override
  public void readField(JsonParser json, String field) {
    switch (field) {
      case "quantile" -> quantile = quantile(json);
      case "keep" -> keep = JsonFields.flag(json, "/keep");
      default -> {
        if (field.equals("threshold") || !usual.readOwn(json, field)) {
          throw JsonFields.unknown(field, "x, lengths, kind, metric, scaled, quantile, keep");
        }
      }
    }
  }

  private static double quantile(JsonParser json) {
    double quantile = JsonFields.real(json, "/quantile", 0);
    if (quantile > 1) {
      throw new TensorFormatException("/quantile", "expected a number from 0 to 1");
    }
    return quantile;
  }

  @Override
  public ThresholdRequest request() {
    return new ThresholdRequest(usual.request(), quantile, keep);
  }
}
