package dev.keepgate.api.rest;

import dev.keepgate.inference.ForecastRequest;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the body of a forecast, field by field. */
final class ForecastReader implements JsonOperation.Reader<ForecastRequest> {

  private static final InferenceRequest.Fields FIELDS =
      new InferenceRequest.Fields(name -> "/history", slot -> "/state/" + slot, "/lengths");

  private final StateReader state;
  private final ArrayMemory memory;
  private boolean scaled;
  private @Nullable Tensor history;
  private @Nullable Tensor future;
  private int horizon;

  /**
   * @param units that the query names
   * @param memory of the tensors
   */
  ForecastReader(Signature signature, InferenceRequest.Units units, ArrayMemory memory) {
    this.state = new StateReader(signature.state(), memory);
    this.memory = memory;
    this.scaled = units.scaled();
  }

  @Override
  public void readField(JsonParser json, String field) {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    switch (field) {
      case "history" -> history = JsonTensorReader.readDoubles(json, "/history", memory);
      case "horizon" -> horizon = (int) JsonFields.number(json, "/horizon", 1, Integer.MAX_VALUE);
      case "future" ->
          future = absent ? null : JsonTensorReader.readDoubles(json, "/future", memory);
      case "state" -> state.read(json);
      case "scaled" -> scaled = absent ? scaled : JsonFields.flag(json, "/scaled");
      default -> throw JsonFields.unknown(field, "history, horizon, future, state, scaled");
    }
  }

  @Override
  public ForecastRequest request() {
    Tensor sequence = history;
    if (sequence == null) {
      throw new TensorFormatException("/history", "is missing");
    }
    if (horizon == 0) {
      throw new TensorFormatException("/horizon", "is missing");
    }
    return new ForecastRequest(
        new InferenceRequest(
            Operation.UNROLL,
            List.of(sequence),
            state.state(),
            null,
            new InferenceRequest.Options(
                false, false, OptionalLong.empty(), new InferenceRequest.Units(scaled, 1)),
            FIELDS),
        horizon,
        future);
  }
}
