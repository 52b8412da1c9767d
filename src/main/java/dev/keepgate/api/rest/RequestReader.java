package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.json.InputReader;
import dev.keepgate.api.json.JsonFields;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.StepNumber;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.JsonTensorScanner;
import dev.keepgate.tensor.Npy;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.ScanAttempt;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the body of a step or an unroll, field by field, as it comes. */
final class RequestReader {

  static final InferenceRequest.Fields JSON_FIELDS = json(name -> "/x");
  static final InferenceRequest.Fields SAFETENSORS_FIELDS =
      new InferenceRequest.Fields(TensorFormatException::token, slot -> "/" + slot, "/lengths");

  private static InferenceRequest.Fields json(UnaryOperator<String> inputs) {
    return new InferenceRequest.Fields(inputs, slot -> "/state/" + slot, "/lengths");
  }

  private final Operation operation;
  private final ArrayMemory memory;
  private final InputReader inputs;
  private final StateReader state;

  /** Whether the server has the state, so that none may be sent. */
  private final boolean kept;

  private @Nullable Tensor lengths;
  private @Nullable Boolean returnSequences;
  private boolean trace;
  private OptionalLong step;
  private boolean returnState;
  private boolean detect;
  private boolean scaled;
  private int top;

  private RequestReader(
      Operation operation,
      Signature signature,
      RequestOptions options,
      boolean kept,
      ArrayMemory memory) {
    this.operation = operation;
    this.kept = kept;
    this.memory = memory;
    this.inputs = new InputReader(signature, memory);
    this.state = new StateReader(signature.state(), memory);
    this.step = options.step();
    // A sequence's is with the server; any other would be lost.
    Boolean asked = options.answer().returnState();
    this.returnState = asked != null ? asked : !kept;
    this.returnSequences = options.answer().returnSequences();
    this.trace = Boolean.TRUE.equals(options.answer().trace());
    this.scaled = options.units().scaled();
    this.top = options.units().top();
    this.detect = Boolean.TRUE.equals(options.answer().detect());
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
      return ScanAttempt.read(
          memory,
          counted -> {
            RequestReader reader = reader(signature, counted);
            reader.scan(new JsonTensorScanner(body.bytes(), 0, body.size(), counted));
            return reader;
          },
          () -> {
            RequestReader full = reader(signature, memory);
            JsonFields.read(body.bytes(), body.size(), full::readField);
            return full;
          });
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

    /**
     * Reads an npy body, which is the only input.
     *
     * @throws TensorFormatException if it is damaged, or the model has several inputs
     */
    RequestReader readNpy(Body body, Signature signature, ArrayMemory memory) {
      return reader(signature, memory).taking(Npy.read(body.bytes(), body.size(), memory));
    }
  }

  private RequestReader taking(Tensor only) {
    inputs.takeOnly(only);
    return this;
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
        case InputReader.ONLY -> inputs.scanOnly(json);
        case InputReader.ALL -> inputs.scanAll(json);
        case "state" -> state.scan(json);
        case "lengths" -> lengths = json.ints();
        case "return_sequences" -> returnSequences = json.flag();
        case "trace" -> trace = json.flag();
        case "return_state" -> returnState = json.flag();
        case "scaled" -> scaled = json.flag();
        case "detect" -> detect = json.flag();
        case "step" -> step = scanNumber(json);
        default -> throw new JsonTensorScanner.NotScannedException();
      }
    } while (json.takes(','));
    json.expect('}');
    json.expectEnd();
  }

  private static OptionalLong scanNumber(JsonTensorScanner json)
      throws JsonTensorScanner.NotScannedException {
    return OptionalLong.of(StepNumber.require("/step", json.whole()));
  }

  private boolean isKnown(String field) {
    return switch (field) {
      case "state", "trace" -> !kept;
      case "step", "detect" -> kept;
      case InputReader.ONLY, InputReader.ALL -> inputs.isKnown(field);
      default -> true;
    };
  }

  private void readField(JsonParser json, String field) {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    switch (isKnown(field) ? field : "") {
      case InputReader.ONLY -> inputs.readOnly(json);
      case InputReader.ALL -> inputs.readAll(json);
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
      case "scaled" -> scaled = absent ? scaled : JsonFields.flag(json, "/scaled");
      case "top" ->
          top =
              absent ? top : (int) JsonFields.number(json, "/top", 1, RequestOptions.MOST_CLASSES);
      case "detect" -> detect = absent ? detect : JsonFields.flag(json, "/detect");
      case "return_state" ->
          returnState = absent ? returnState : JsonFields.flag(json, "/return_state");
      default ->
          throw JsonFields.unknown(
              field,
              inputs.field()
                  + (kept
                      ? ", step, lengths, return_sequences, return_state, scaled, top, detect"
                      : ", state, lengths, return_sequences, return_state, trace, scaled, top"));
    }
  }

  private static RequestReader safetensors(Map<String, Tensor> tensors, RequestReader reader) {
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      switch (entry.getKey()) {
        case "lengths" -> reader.lengths = entry.getValue();
        default -> {
          if (reader.inputs.isInput(entry.getKey())) {
            reader.inputs.take(entry.getKey(), entry.getValue());
          } else if (reader.kept || !reader.state.isPart(entry.getKey())) {
            throw JsonFields.unknown(
                entry.getKey(),
                reader.kept
                    ? reader.inputs.names() + ", lengths"
                    : "%s, %s, lengths, %s"
                        .formatted(
                            reader.inputs.names(),
                            reader.state.names(),
                            reader.state.namesByCell()));
          }
        }
      }
    }
    reader.state.take(tensors);
    return reader;
  }

  /** Whether to answer the state as well. */
  boolean returnsState() {
    return returnState;
  }

  /**
   * What was read.
   *
   * @param binary whether the body is
   */
  InferenceRequest request(boolean binary) {
    InferenceRequest.Fields fields = binary ? SAFETENSORS_FIELDS : json(inputs::pointer);
    return new InferenceRequest(
        operation,
        inputs.tensors(fields.inputs()),
        state.state(),
        lengths,
        new InferenceRequest.Options(
            returnSequences, trace, step, new InferenceRequest.Units(scaled, top), detect),
        fields);
  }
}
