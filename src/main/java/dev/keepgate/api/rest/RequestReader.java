package dev.keepgate.api.rest;

import dev.keepgate.api.tensor.JsonTensorReader;
import dev.keepgate.api.tensor.JsonTensorScanner;
import dev.keepgate.api.tensor.Safetensors;
import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** Reads the body of a step or an unroll, field by field, as it comes. */
final class RequestReader {

  private static final InferenceRequest.Fields JSON_FIELDS =
      new InferenceRequest.Fields("/x", "/state/h", "/state/c", "/lengths");
  private static final InferenceRequest.Fields SAFETENSORS_FIELDS =
      new InferenceRequest.Fields("/x", "/h", "/c", "/lengths");
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final LstmConfig config;
  private @Nullable Tensor x;
  private @Nullable List<Tensor> h;
  private @Nullable List<Tensor> c;
  private @Nullable Tensor lengths;
  private @Nullable Boolean returnSequences;
  private boolean trace;

  private RequestReader(LstmConfig config, RequestOptions options) {
    this.config = config;
    this.returnSequences = options.returnSequences();
    this.trace = Boolean.TRUE.equals(options.trace());
  }

  /**
   * Reads a JSON body.
   *
   * @throws TensorFormatException if a field is unknown, missing or not of its type
   */
  static InferenceRequest readJson(byte[] body, LstmConfig config, RequestOptions options) {
    RequestReader reader = new RequestReader(config, options);
    try {
      reader.scan(new JsonTensorScanner(body));
      return reader.request(options, JSON_FIELDS);
    } catch (JsonTensorScanner.Unusual e) {
      return readCarefully(body, config, options);
    }
  }

  private void scan(JsonTensorScanner json) throws JsonTensorScanner.Unusual {
    Set<String> seen = new HashSet<>();
    json.expect('{');
    do {
      String field = json.name();
      if (!seen.add(field)) {
        throw new JsonTensorScanner.Unusual();
      }
      switch (field) {
        case "x" -> x = config.takesIds() ? json.ints() : json.floats();
        case "state" -> scanState(json);
        case "lengths" -> lengths = json.ints();
        case "return_sequences" -> returnSequences = json.flag();
        case "trace" -> trace = json.flag();
        default -> throw new JsonTensorScanner.Unusual();
      }
    } while (json.takes(','));
    json.expect('}');
    json.expectEnd();
  }

  private void scanState(JsonTensorScanner json) throws JsonTensorScanner.Unusual {
    json.expect('{');
    do {
      String field = json.name();
      if (field.equals("h") && h == null && uniform(CellConfig::outputSize)) {
        h = List.of(json.floats());
      } else if (field.equals("c") && c == null && uniform(CellConfig::hiddenSize)) {
        c = List.of(json.floats());
      } else {
        throw new JsonTensorScanner.Unusual();
      }
    } while (json.takes(','));
    json.expect('}');
  }

  private static InferenceRequest readCarefully(
      byte[] body, LstmConfig config, RequestOptions options) {
    RequestReader reader = new RequestReader(config, options);
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new TensorFormatException("", "expected a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String field = json.currentName();
        json.nextToken();
        reader.readField(json, field);
      }
      if (json.nextToken() != null) {
        throw new TensorFormatException("", "more follows the JSON object");
      }
    }
    return reader.request(options, JSON_FIELDS);
  }

  private void readField(JsonParser json, String field) {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    switch (field) {
      case "x" ->
          x =
              config.takesIds()
                  ? JsonTensorReader.readInts(json, "/x")
                  : JsonTensorReader.readFloats(json, "/x");
      case "state" -> {
        if (!absent) {
          readState(json);
        }
      }
      case "lengths" -> lengths = absent ? null : JsonTensorReader.readInts(json, "/lengths");
      case "return_sequences" -> {
        if (!absent) {
          returnSequences = readBoolean(json, "/return_sequences");
        }
      }
      case "trace" -> trace = absent ? trace : readBoolean(json, "/trace");
      default -> throw unknown("", field, "x, state, lengths, return_sequences, trace");
    }
  }

  private void readState(JsonParser json) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TensorFormatException("/state", "expected an object with h and c");
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "h" -> h = readCells(json, "/state/h", uniform(CellConfig::outputSize));
        case "c" -> c = readCells(json, "/state/c", uniform(CellConfig::hiddenSize));
        default -> throw unknown("/state", field, "h, c");
      }
    }
  }

  private static @Nullable List<Tensor> readCells(
      JsonParser json, String pointer, boolean uniform) {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    return uniform
        ? List.of(JsonTensorReader.readFloats(json, pointer))
        : JsonTensorReader.readEach(json, pointer);
  }

  private boolean uniform(ToIntFunction<CellConfig> width) {
    return config.cells().stream().mapToInt(width).distinct().count() == 1;
  }

  private static boolean readBoolean(JsonParser json, String pointer) {
    return switch (json.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> throw new TensorFormatException(pointer, "expected true or false");
    };
  }

  /**
   * Reads a safetensors body.
   *
   * @throws TensorFormatException if a tensor is unknown, missing or damaged
   */
  static InferenceRequest readSafetensors(byte[] body, LstmConfig config, RequestOptions options) {
    RequestReader reader = new RequestReader(config, options);
    Map<String, Tensor> tensors = Safetensors.read(body);
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      switch (entry.getKey()) {
        case "x" -> reader.x = tensor;
        case "h" -> reader.h = List.of(tensor);
        case "c" -> reader.c = List.of(tensor);
        case "lengths" -> reader.lengths = tensor;
        default -> {
          if (!entry.getKey().matches("[hc]\\.\\d+")) {
            throw unknown("", entry.getKey(), "x, h, c, lengths, h.<cell>, c.<cell>");
          }
        }
      }
    }
    reader.h = reader.h == null ? cells(tensors, "h.") : reader.h;
    reader.c = reader.c == null ? cells(tensors, "c.") : reader.c;
    return reader.request(options, SAFETENSORS_FIELDS);
  }

  /** The tensors of models whose cells differ in size: {@code h.0}, {@code h.1}, ... */
  private static @Nullable List<Tensor> cells(Map<String, Tensor> tensors, String prefix) {
    List<Tensor> cells = new ArrayList<>();
    for (Tensor cell = tensors.get(prefix + 0); cell != null; ) {
      cells.add(cell);
      cell = tensors.get(prefix + cells.size());
    }
    return cells.isEmpty() ? null : cells;
  }

  private static TensorFormatException unknown(String parent, String field, String known) {
    return new TensorFormatException(
        parent + TensorFormatException.token(field), "is unknown; known are " + known);
  }

  private InferenceRequest request(RequestOptions options, InferenceRequest.Fields fields) {
    if (x == null) {
      throw new TensorFormatException("/x", "is missing");
    }
    return new InferenceRequest(
        x, h, c, lengths, returnSequences, trace, options.deadline(), fields);
  }
}
