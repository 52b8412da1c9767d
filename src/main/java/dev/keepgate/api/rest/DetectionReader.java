package dev.keepgate.api.rest;

import dev.keepgate.api.json.InputReader;
import dev.keepgate.api.json.JsonFields;
import dev.keepgate.inference.DetectionRequest;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.model.ModelSettings.DetectionKind;
import dev.keepgate.model.ModelSettings.Metric;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.Tensor;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the body of a detection, field by field. */
final class DetectionReader implements JsonOperation.Reader<DetectionRequest> {

  static final String FIELDS = "x, lengths, kind, metric, threshold, scaled";

  private final InputReader inputs;
  private final ArrayMemory memory;
  private boolean scaled;
  private @Nullable Tensor lengths;
  private @Nullable DetectionKind kind;
  private @Nullable Metric metric;
  private @Nullable Double threshold;

  /**
   * @param units that the query names
   * @param memory of the tensors
   */
  DetectionReader(Signature signature, InferenceRequest.Units units, ArrayMemory memory) {
    this.inputs = new InputReader(signature, memory);
    this.memory = memory;
    this.scaled = units.scaled();
  }

  @Override
  public void readField(JsonParser json, String field) {
    if (!readOwn(json, field)) {
      throw JsonFields.unknown(field, FIELDS);
    }
  }

  /** Reads a field; false where it is not one of these. */
  boolean readOwn(JsonParser json, String field) {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    switch (field) {
      case "lengths" ->
          lengths = absent ? null : JsonTensorReader.readInts(json, "/lengths", memory);
      case "kind" -> kind = absent ? null : JsonFields.word(json, "/kind", DetectionKind.values());
      case "metric" -> metric = absent ? null : JsonFields.word(json, "/metric", Metric.values());
      case "threshold" -> threshold = absent ? null : JsonFields.real(json, "/threshold", 0);
      case "scaled" -> scaled = absent ? scaled : JsonFields.flag(json, "/scaled");
      case InputReader.ONLY -> {
        if (!inputs.isKnown(field)) {
          return false;
        }
        inputs.readOnly(json);
      }
      case InputReader.ALL -> inputs.readAll(json);
      default -> {
        return false;
      }
    }
    return true;
  }

  @Override
  public DetectionRequest request() {
    return new DetectionRequest(
        new InferenceRequest(
            Operation.UNROLL,
            inputs.tensors(inputs::pointer),
            null,
            lengths,
            new InferenceRequest.Options(
                null, false, OptionalLong.empty(), new InferenceRequest.Units(scaled, 1)),
            new InferenceRequest.Fields(inputs::pointer, slot -> "/state/" + slot, "/lengths")),
        kind,
        metric,
        threshold);
  }
}
