package dev.keepgate.api.rest;

import dev.keepgate.api.json.JsonFields;
import dev.keepgate.inference.ForecastRequest;
import dev.keepgate.inference.ForecastSampling;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the body of a forecast, field by field. */
final class ForecastReader implements JsonOperation.Reader<ForecastRequest> {

  private static final InferenceRequest.Fields FIELDS =
      new InferenceRequest.Fields(name -> "/history", slot -> "/state/" + slot, "/lengths");

  /** More levels than anybody reads. */
  private static final int MOST_QUANTILES = 99;

  private final StateReader state;
  private final ArrayMemory memory;
  private final ForecastOperation form;
  private final boolean kept;
  private boolean scaled;
  private @Nullable Tensor history;
  private @Nullable Tensor future;
  private int horizon;
  private OptionalInt samples = OptionalInt.empty();
  private OptionalLong seed = OptionalLong.empty();
  private List<Double> quantiles = List.of();
  private boolean returnSamples;
  private boolean returnState;

  /**
   * @param form of the request
   * @param memory of the tensors
   */
  ForecastReader(Signature signature, ForecastOperation form, ArrayMemory memory) {
    this.state = new StateReader(signature.state(), memory);
    this.memory = memory;
    this.form = form;
    this.kept = form.kept();
    this.scaled = form.options().units().scaled();
  }

  @Override
  public void readField(JsonParser json, String field) {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    if (kept && List.of("history", "state", "return_state").contains(field)) {
      throw new TensorFormatException("/" + field, "is what the sequence has");
    }
    switch (field) {
      case "history" -> history = JsonTensorReader.readDoubles(json, "/history", memory);
      case "horizon" -> horizon = (int) JsonFields.number(json, "/horizon", 1, Integer.MAX_VALUE);
      case "future" ->
          future = absent ? null : JsonTensorReader.readDoubles(json, "/future", memory);
      case "state" -> state.read(json);
      case "scaled" -> scaled = absent ? scaled : JsonFields.flag(json, "/scaled");
      case "quantiles" -> quantiles = absent ? List.of() : levels(json, "/quantiles");
      case "samples" ->
          samples =
              absent
                  ? OptionalInt.empty()
                  : OptionalInt.of((int) JsonFields.number(json, "/samples", 1, Integer.MAX_VALUE));
      case "seed" ->
          seed =
              absent
                  ? OptionalLong.empty()
                  : OptionalLong.of(JsonFields.number(json, "/seed", 0, ForecastSampling.MAX_SEED));
      case "return_state" -> returnState = !absent && JsonFields.flag(json, "/return_state");
      case "return_samples" -> returnSamples = !absent && JsonFields.flag(json, "/return_samples");
      default ->
          throw JsonFields.unknown(
              field,
              (kept ? "" : "history, state, return_state, ")
                  + "horizon, future, quantiles, samples, seed, return_samples, scaled");
    }
  }

  /** Levels between 0 and 1, each once. */
  static List<Double> levels(JsonParser json, String pointer) {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new TensorFormatException(pointer, "expected levels such as [0.1, 0.5, 0.9]");
    }
    List<Double> levels = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      boolean isNumber = json.currentToken() != null && json.currentToken().isNumeric();
      double level = isNumber ? json.getDoubleValue() : Double.NaN;
      if (!(level > 0 && level < 1) || levels.contains(level)) {
        throw new TensorFormatException(
            pointer + "/" + levels.size(), "expected a number between 0 and 1, each once");
      }
      if (levels.size() == MOST_QUANTILES) {
        throw new TensorFormatException(
            pointer, "expected at most %d levels".formatted(MOST_QUANTILES));
      }
      levels.add(level);
    }
    return levels;
  }

  @Override
  public ForecastRequest request() {
    Tensor sequence = history;
    if (sequence == null && !kept) {
      throw new TensorFormatException("/history", "is missing");
    }
    if (horizon == 0) {
      throw new TensorFormatException("/horizon", "is missing");
    }
    if (returnSamples && form.stream() != null) {
      throw new TensorFormatException("/return_samples", "a stream has no samples");
    }
    return new ForecastRequest(
        new InferenceRequest(
            Operation.UNROLL,
            sequence == null ? List.of() : List.of(sequence),
            state.state(),
            null,
            new InferenceRequest.Options(
                false, false, OptionalLong.empty(), new InferenceRequest.Units(scaled, 1)),
            FIELDS),
        horizon,
        future,
        new ForecastSampling(samples, quantiles, seed, returnSamples),
        returnState);
  }
}
