package dev.keepgate.api.oip.http;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.oip.Datatype;
import dev.keepgate.api.oip.InferCall;
import dev.keepgate.api.oip.InferCall.WantedOutput;
import dev.keepgate.api.oip.InferTensors;
import dev.keepgate.api.oip.NamedTensor;
import dev.keepgate.api.oip.Parameters;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorScanner;
import dev.keepgate.tensor.JsonTensorScanner.NotScannedException;
import dev.keepgate.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of an infer request as clients write it mostly, each number once. What is written
 * otherwise, or wrong, is for {@link InferBodyReader}, which says what is wrong.
 */
final class InferBodyScanner {

  private final byte[] body;
  private final int size;
  private final ArrayMemory memory;
  private final JsonTensorScanner json;

  /** Where the bytes of the next tensor are that has them behind the JSON. */
  private int binary;

  private InferBodyScanner(Body body, int jsonLength, ArrayMemory memory) {
    this.body = body.bytes();
    this.size = body.size();
    this.memory = memory;
    this.json = new JsonTensorScanner(body.bytes(), 0, jsonLength, memory);
    this.binary = jsonLength;
  }

  /**
   * Reads a request.
   *
   * @param jsonLength how many bytes are JSON
   * @param memory of the tensors
   * @throws NotScannedException if it has to be read by {@link InferBodyReader}
   */
  static InferCall read(Body body, int jsonLength, ArrayMemory memory) throws NotScannedException {
    return new InferBodyScanner(body, jsonLength, memory).request();
  }

  private InferCall request() throws NotScannedException {
    String id = "";
    Parameters parameters = Parameters.NONE;
    List<NamedTensor> inputs = List.of();
    List<WantedOutput> outputs = List.of();
    Set<String> seen = new HashSet<>();
    json.expect('{');
    do {
      String field = json.name();
      require(seen.add(field));
      switch (field) {
        case "id" -> id = json.string();
        case "parameters" -> parameters = Parameters.ofRequest(parameters());
        case "inputs" -> inputs = each(this::input);
        case "outputs" -> outputs = each(this::output);
        default -> throw new NotScannedException();
      }
    } while (json.takes(','));
    json.expect('}');
    json.expectEnd();
    require(!inputs.isEmpty() && binary == size);
    return new InferCall(id, parameters, inputs, outputs);
  }

  private static void require(boolean usual) throws NotScannedException {
    if (!usual) {
      throw new NotScannedException();
    }
  }

  private interface ObjectScanner<T> {
    T scan(int index) throws NotScannedException;
  }

  private <T> List<T> each(ObjectScanner<T> scanner) throws NotScannedException {
    List<T> objects = new ArrayList<>();
    json.expect('[');
    do {
      json.expect('{');
      objects.add(scanner.scan(objects.size()));
      json.expect('}');
    } while (json.takes(','));
    json.expect(']');
    return objects;
  }

  private Map<String, Object> parameters() throws NotScannedException {
    Map<String, Object> parameters = new LinkedHashMap<>();
    json.expect('{');
    do {
      require(parameters.put(json.name(), parameter()) == null);
    } while (json.takes(','));
    json.expect('}');
    return parameters;
  }

  private Object parameter() throws NotScannedException {
    if (json.sees('"')) {
      return json.string();
    }
    if (json.sees('t') || json.sees('f')) {
      return json.flag();
    }
    return json.whole();
  }

  /** Its name and its datatype come before what they are needed for. */
  private NamedTensor input(int index) throws NotScannedException {
    Input input = new Input();
    do {
      switch (json.name()) {
        case "name" -> input.name(json.string());
        case "datatype" -> input.datatype(json.string());
        case "shape" -> input.shape(json.sizes());
        case "data" -> input.data();
        case "parameters" -> input.binary(parameters());
        default -> throw new NotScannedException();
      }
    } while (json.takes(','));
    return input.tensor();
  }

  private WantedOutput output(int index) throws NotScannedException {
    String name = null;
    Map<String, Object> own = null;
    do {
      switch (json.name()) {
        case "name" -> {
          require(name == null);
          name = json.string();
        }
        case "parameters" -> {
          require(own == null);
          own = parameters();
        }
        default -> throw new NotScannedException();
      }
    } while (json.takes(','));
    if (name == null) {
      throw new NotScannedException();
    }
    return own == null
        ? new WantedOutput(name, null, 0)
        : WantedOutput.of(name, Parameters.ofOutput("/outputs/" + index, own));
  }

  /** What has come of an input so far. */
  private final class Input {

    private @Nullable String name;
    private @Nullable Datatype datatype;
    private int @Nullable [] shape;
    private @Nullable Tensor data;
    private @Nullable Long bytes;

    void name(String read) throws NotScannedException {
      require(name == null);
      name = read;
    }

    void datatype(String read) throws NotScannedException {
      require(datatype == null && name != null);
      datatype = Datatype.of(read, "/inputs/" + name + "/datatype");
    }

    void shape(Tensor.Ints read) throws NotScannedException {
      require(shape == null && read.rank() == 1);
      for (int axis : read.values()) {
        require(axis >= 0);
      }
      shape = read.values();
    }

    void data() throws NotScannedException {
      if (data != null || datatype == null || datatype == Datatype.FP64) {
        throw new NotScannedException();
      }
      data = datatype.type().isInteger() ? json.ints() : json.floats();
    }

    void binary(Map<String, Object> parameters) throws NotScannedException {
      require(bytes == null && name != null);
      bytes = Parameters.ofInput("/inputs/" + name, parameters).whole(Parameters.BINARY_SIZE);
    }

    NamedTensor tensor() throws NotScannedException {
      if (name == null || datatype == null || shape == null || (data != null && bytes != null)) {
        throw new NotScannedException();
      }
      String pointer = "/inputs/" + name;
      int count = Datatype.count(shape, pointer + "/shape");
      if (data != null) {
        int[] read = data.shape();
        require(read.length == 1 ? read[0] == count : Arrays.equals(read, shape));
        return new NamedTensor(name, InferTensors.reshaped(data, shape));
      }
      if (bytes == null || bytes < 0 || bytes > size - binary) {
        throw new NotScannedException();
      }
      ByteBuffer raw = ByteBuffer.wrap(body, binary, bytes.intValue());
      binary += bytes.intValue();
      return new NamedTensor(name, datatype.read(raw, shape, pointer, memory));
    }
  }
}
