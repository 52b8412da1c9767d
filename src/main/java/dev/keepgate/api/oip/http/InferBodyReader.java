package dev.keepgate.api.oip.http;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.oip.Datatype;
import dev.keepgate.api.oip.InferCall;
import dev.keepgate.api.oip.InferCall.WantedOutput;
import dev.keepgate.api.oip.InferTensors;
import dev.keepgate.api.oip.NamedTensor;
import dev.keepgate.api.oip.Parameters;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.JsonTensorScanner;
import dev.keepgate.tensor.ScanAttempt;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the body of an infer request: JSON, and behind it the bytes of the tensors whose {@code
 * binary_data_size} says that they are there (Triton's {@code binary_tensor_data} extension).
 */
final class InferBodyReader {

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final byte[] body;
  private final int size;
  private final int jsonLength;
  private final ArrayMemory memory;
  private final List<Input> inputs = new ArrayList<>();
  private final List<WantedOutput> outputs = new ArrayList<>();
  private Map<String, Object> parameters = Map.of();
  private String id = "";

  /** An input as the JSON has it; where its data begins and ends there, if it is there. */
  private record Input(
      @Nullable String name,
      @Nullable String datatype,
      int @Nullable [] shape,
      Map<String, Object> parameters,
      int from,
      int to) {}

  private InferBodyReader(Body body, int jsonLength, ArrayMemory memory) {
    this.body = body.bytes();
    this.size = body.size();
    this.jsonLength = jsonLength;
    this.memory = memory;
  }

  /**
   * Reads a request.
   *
   * @param jsonLength how many bytes are JSON; -1 for all
   * @param memory of the tensors
   * @throws TensorFormatException if a field is missing, or not what it must be
   */
  static InferCall read(Body body, int jsonLength, ArrayMemory memory) {
    if (jsonLength > body.size()) {
      throw new TensorFormatException(
          "", "the header says %d bytes of JSON, there are %d".formatted(jsonLength, body.size()));
    }
    int length = jsonLength < 0 ? body.size() : jsonLength;
    return ScanAttempt.read(
        memory,
        counted -> InferBodyScanner.read(body, length, counted),
        () -> new InferBodyReader(body, length, memory).readFully());
  }

  private InferCall readFully() {
    readJson();
    return new InferCall(id, Parameters.ofRequest(parameters), tensors(), outputs);
  }

  private void readJson() {
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), body, 0, jsonLength)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new TensorFormatException("", "expected a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "id" -> id = isNull(json) ? id : string(json, "/id");
          case "parameters" -> parameters = parameters(json, "/parameters");
          case "inputs" -> eachObject(json, "/inputs", this::readInput);
          case "outputs" -> {
            if (!isNull(json)) {
              eachObject(json, "/outputs", this::readOutput);
            }
          }
          default ->
              throw new TensorFormatException(
                  "/" + field, "is unknown; known are id, parameters, inputs, outputs");
        }
      }
      if (json.nextToken() != null) {
        throw new TensorFormatException("", "more follows the JSON object");
      }
    }
  }

  private interface ObjectReader {
    void read(JsonParser json, String pointer);
  }

  private static void eachObject(JsonParser json, String pointer, ObjectReader reader) {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new TensorFormatException(pointer, "expected an array");
    }
    for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
      String where = pointer + "/" + i;
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw new TensorFormatException(where, "expected an object");
      }
      reader.read(json, where);
    }
  }

  private void readInput(JsonParser json, String pointer) {
    String name = null;
    String datatype = null;
    int[] shape = null;
    Map<String, Object> own = Map.of();
    int from = -1;
    int to = -1;
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "name" -> name = string(json, pointer + "/name");
        case "datatype" -> datatype = string(json, pointer + "/datatype");
        case "shape" -> shape = shape(json, pointer + "/shape");
        case "parameters" -> own = parameters(json, pointer + "/parameters");
        case "data" -> {
          if (isNull(json)) {
            break;
          }
          from = (int) json.currentTokenLocation().getByteOffset();
          json.skipChildren();
          to = (int) json.currentLocation().getByteOffset();
        }
        default -> throw new TensorFormatException(pointer + "/" + field, "is unknown");
      }
    }
    inputs.add(new Input(name, datatype, shape, own, from, to));
  }

  private void readOutput(JsonParser json, String pointer) {
    String name = null;
    Map<String, Object> own = Map.of();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "name" -> name = string(json, pointer + "/name");
        case "parameters" -> own = parameters(json, pointer + "/parameters");
        default -> throw new TensorFormatException(pointer + "/" + field, "is unknown");
      }
    }
    if (name == null) {
      throw new TensorFormatException(pointer + "/name", "is missing");
    }
    outputs.add(WantedOutput.of(name, Parameters.ofOutput(pointer, own)));
  }

  /** What is null counts as left out: clients send so what nobody set. */
  private static boolean isNull(JsonParser json) {
    return json.currentToken() == JsonToken.VALUE_NULL;
  }

  private static String string(JsonParser json, String pointer) {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw new TensorFormatException(pointer, "expected a string");
    }
    return json.getString();
  }

  private int[] shape(JsonParser json, String pointer) {
    Tensor.Ints shape = JsonTensorReader.readInts(json, pointer, memory);
    if (shape.rank() != 1 || Arrays.stream(shape.values()).anyMatch(size -> size < 0)) {
      throw new TensorFormatException(pointer, "expected a list of sizes");
    }
    return shape.values();
  }

  /** Values as they are, for {@link Parameters} to refuse where one of another kind is needed. */
  private static Map<String, Object> parameters(JsonParser json, String pointer) {
    if (isNull(json)) {
      return Map.of();
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TensorFormatException(pointer, "expected an object");
    }
    Map<String, Object> parameters = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      switch (json.nextToken()) {
        case VALUE_TRUE -> parameters.put(name, true);
        case VALUE_FALSE -> parameters.put(name, false);
        case VALUE_STRING -> parameters.put(name, json.getString());
        case VALUE_NUMBER_INT -> parameters.put(name, whole(json, pointer + "/" + name));
        case VALUE_NUMBER_FLOAT -> parameters.put(name, json.getDoubleValue());
        case START_ARRAY, START_OBJECT -> {
          json.skipChildren();
          parameters.put(name, List.of());
        }
        default -> {
          // Null is as good as nothing.
        }
      }
    }
    return parameters;
  }

  /** Signed or unsigned: sequences are numbered by either. */
  private static long whole(JsonParser json, String pointer) {
    BigInteger value = json.getBigIntegerValue();
    if (value.bitLength() > 64 || value.compareTo(BigInteger.valueOf(Long.MIN_VALUE)) < 0) {
      throw new TensorFormatException(pointer, "is beyond the range of 64 bits");
    }
    return value.longValue();
  }

  private List<NamedTensor> tensors() {
    List<NamedTensor> tensors = new ArrayList<>();
    int binary = jsonLength;
    for (int i = 0; i < inputs.size(); i++) {
      Input input = inputs.get(i);
      String pointer = "/inputs/" + (input.name() == null ? i : input.name());
      if (input.name() == null || input.datatype() == null || input.shape() == null) {
        throw new TensorFormatException(pointer, "needs a name, a datatype and a shape");
      }
      Datatype type = Datatype.of(input.datatype(), pointer + "/datatype");
      int count = Datatype.count(input.shape(), pointer + "/shape");
      Long bytes = Parameters.ofInput(pointer, input.parameters()).whole(Parameters.BINARY_SIZE);
      if (bytes == null) {
        tensors.add(new NamedTensor(input.name(), fromJson(input, type, count, pointer)));
        continue;
      }
      if (bytes < 0 || bytes > size - binary) {
        throw new TensorFormatException(
            pointer + "/parameters/" + Parameters.BINARY_SIZE,
            "says %d bytes, %d are left".formatted(bytes, size - binary));
      }
      ByteBuffer data = ByteBuffer.wrap(body, binary, bytes.intValue());
      tensors.add(new NamedTensor(input.name(), type.read(data, input.shape(), pointer, memory)));
      binary += bytes.intValue();
    }
    if (binary < size) {
      throw new TensorFormatException(
          "", "%d bytes behind the JSON are no input's".formatted(size - binary));
    }
    return tensors;
  }

  private Tensor fromJson(Input input, Datatype type, int count, String pointer) {
    int[] shape = input.shape();
    if (shape == null || input.from() < 0) {
      throw new TensorFormatException(pointer + "/data", "is missing");
    }
    Tensor tensor =
        type.type().isInteger()
            ? ints(input, pointer)
            : type == Datatype.FP64 ? doubles(input, pointer) : floats(input, pointer);
    boolean fits =
        tensor.rank() == 1 ? tensor.shape()[0] == count : Arrays.equals(tensor.shape(), shape);
    if (!fits) {
      throw new TensorFormatException(
          pointer + "/data",
          "of shape %s does not fit the shape %s"
              .formatted(Arrays.toString(tensor.shape()), Arrays.toString(shape)));
    }
    return InferTensors.reshaped(tensor, shape);
  }

  private Tensor ints(Input input, String pointer) {
    return ScanAttempt.read(
        memory,
        counted -> scanner(input, counted).ints(),
        () -> readFully(input, json -> JsonTensorReader.readInts(json, pointer + "/data", memory)));
  }

  private Tensor floats(Input input, String pointer) {
    return ScanAttempt.read(
        memory,
        counted -> scanner(input, counted).floats(),
        () ->
            readFully(input, json -> JsonTensorReader.readFloats(json, pointer + "/data", memory)));
  }

  private Tensor doubles(Input input, String pointer) {
    return readFully(input, json -> JsonTensorReader.readDoubles(json, pointer + "/data", memory));
  }

  private JsonTensorScanner scanner(Input input, ArrayMemory counted) {
    return new JsonTensorScanner(body, input.from(), input.to(), counted);
  }

  private interface TensorReader {
    Tensor read(JsonParser json);
  }

  private Tensor readFully(Input input, TensorReader reader) {
    try (JsonParser json =
        JSON.createParser(
            ObjectReadContext.empty(), body, input.from(), input.to() - input.from())) {
      json.nextToken();
      return reader.read(json);
    }
  }
}
