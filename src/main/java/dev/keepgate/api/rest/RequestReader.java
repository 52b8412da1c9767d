package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.StepNumber;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.JsonTensorScanner;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the body of a step or an unroll, field by field, as it comes. */
final class RequestReader {

  static final InferenceRequest.Fields JSON_FIELDS =
      new InferenceRequest.Fields("/x", slot -> "/state/" + slot, "/lengths");
  static final InferenceRequest.Fields SAFETENSORS_FIELDS =
      new InferenceRequest.Fields("/x", slot -> "/" + slot, "/lengths");

  private final Operation operation;
  private final Signature signature;
  private final ArrayMemory memory;
  private final StateReader state;

  /** Whether the server has the state, so that none may be sent. */
  private final boolean kept;

  private @Nullable Tensor x;
  private @Nullable Tensor lengths;
  private @Nullable Boolean returnSequences;
  private boolean trace;
  private OptionalLong step;
  private boolean returnState;

  private RequestReader(
      Operation operation,
      Signature signature,
      RequestOptions options,
      boolean kept,
      ArrayMemory memory) {
    this.operation = operation;
    this.signature = signature;
    this.kept = kept;
    this.memory = memory;
    this.state = new StateReader(signature.state(), memory);
    this.step = options.step();
    this.returnState = Boolean.TRUE.equals(options.returnState());
    this.returnSequences = options.returnSequences();
    this.trace = Boolean.TRUE.equals(options.trace());
  }

  /**
   * Reads bodies of one kind.
   *
   * @param kept whether the server has the state, so that none may be sent
   */
  record Form(Operation operation, RequestOptions options, boolean kept) {

    private RequestReader reader(Signature signature, ArrayMemory memory) {
      return new RequestReader(operation, signature, options, kept, memory);
    }

    /**
     * Reads a JSON body.
     *
     * @param memory of the tensors
     * @throws TensorFormatException if a field is unknown, missing or not of its type
     */
    RequestReader readJson(Body body, Signature signature, ArrayMemory memory) {
      RequestReader reader = reader(signature, memory);
      try {
        reader.scan(new JsonTensorScanner(body.bytes(), 0, body.size(), memory));
        return reader;
      } catch (JsonTensorScanner.NotScannedException e) {
        RequestReader full = reader(signature, memory);
        JsonFields.read(body, full::readField);
        return full;
      }
    }

    /**
     * Reads a safetensors body.
     *
     * @throws TensorFormatException if a tensor is unknown, missing or damaged
     */
    RequestReader readSafetensors(Body body, Signature signature, ArrayMemory memory) {
      return safetensors(
          Safetensors.read(body.bytes(), body.size(), memory), reader(signature, memory));
    }
  }

  private void scan(JsonTensorScanner json) throws JsonTensorScanner.NotScannedException {
    Set<String> seen = new HashSet<>();
    json.expect('{');
    do {
      String field = json.name();
      if (!seen.add(field) || !isKnown(field)) {
        throw new JsonTensorScanner.NotScannedException();
      }
      switch (field) {
        case "x" -> x = signature.takesIds() ? json.ints() : json.floats();
        case "state" -> state.scan(json);
        case "lengths" -> lengths = json.ints();
        case "return_sequences" -> returnSequences = json.flag();
        case "trace" -> trace = json.flag();
        case "return_state" -> returnState = json.flag();
        case "step" -> step = scanNumber(json);
        default -> throw new JsonTensorScanner.NotScannedException();
      }
    } while (json.takes(','));
    json.expect('}');
    json.expectEnd();
  }

  private static OptionalLong scanNumber(JsonTensorScanner json)
      throws JsonTensorScanner.NotScannedException {
    Tensor.Ints number = json.ints();
    if (number.rank() > 0) {
      throw new JsonTensorScanner.NotScannedException();
    }
    return OptionalLong.of(StepNumber.require("/step", number.values()[0]));
  }

  private boolean isKnown(String field) {
    return switch (field) {
      case "state", "trace" -> !kept;
      case "step", "return_state" -> kept;
      default -> true;
    };
  }

  private void readField(JsonParser json, String field) {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    switch (isKnown(field) ? field : "") {
      case "x" ->
          x =
              signature.takesIds()
                  ? JsonTensorReader.readInts(json, "/x", memory)
                  : JsonTensorReader.readFloats(json, "/x", memory);
      case "state" -> state.read(json);
      case "lengths" ->
          lengths = absent ? null : JsonTensorReader.readInts(json, "/lengths", memory);
      case "return_sequences" -> {
        if (!absent) {
          returnSequences = JsonFields.flag(json, "/return_sequences");
        }
      }
      case "trace" -> trace = absent ? trace : JsonFields.flag(json, "/trace");
      case "step" ->
          step =
              absent ? step : OptionalLong.of(JsonFields.number(json, "/step", 0, StepNumber.MAX));
      case "return_state" ->
          returnState = absent ? returnState : JsonFields.flag(json, "/return_state");
      default ->
          throw JsonFields.unknown(
              field,
              kept
                  ? "x, step, lengths, return_sequences, return_state"
                  : "x, state, lengths, return_sequences, trace");
    }
  }

  private static RequestReader safetensors(Map<String, Tensor> tensors, RequestReader reader) {
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      switch (entry.getKey()) {
        case "x" -> reader.x = entry.getValue();
        case "lengths" -> reader.lengths = entry.getValue();
        default -> {
          if (reader.kept || !reader.state.isPart(entry.getKey())) {
            throw JsonFields.unknown(
                entry.getKey(),
                reader.kept
                    ? "x, lengths"
                    : "x, %s, lengths, %s"
                        .formatted(reader.state.names(), reader.state.namesByCell()));
          }
        }
      }
    }
    reader.state.take(tensors);
    return reader;
  }

  /** Whether a sequence's step is to answer the state as well. */
  boolean returnsState() {
    return returnState;
  }

  /**
   * What was read.
   *
   * @param fields what the body calls the tensors
   */
  InferenceRequest request(InferenceRequest.Fields fields) {
    if (x == null) {
      throw new TensorFormatException("/x", "is missing");
    }
    return new InferenceRequest(
        operation,
        x,
        state.state(),
        lengths,
        new InferenceRequest.Options(returnSequences, trace, step),
        fields);
  }
}
