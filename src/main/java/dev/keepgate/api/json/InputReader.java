package dev.keepgate.api.json;

import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.JsonTensorScanner;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads a model's inputs: {@code x} of a model of one, else an object with a tensor each. */
public final class InputReader {

  /** The field of the only input. */
  public static final String ONLY = "x";

  /** The field of several. */
  public static final String ALL = "inputs";

  private final List<Signature.Input> inputs;
  private final int sequence;
  private final boolean hasScaler;
  private final ArrayMemory memory;
  private final Map<String, Tensor> given = new HashMap<>(4);
  private boolean isByName;

  /**
   * @param memory of the tensors
   */
  public InputReader(Signature signature, ArrayMemory memory) {
    this.inputs = signature.inputs();
    this.sequence = signature.sequenceInput();
    this.hasScaler = signature.settings().scaler() != null;
    this.memory = memory;
  }

  /** The field that a body should have, for errors. */
  public String field() {
    return inputs.size() == 1 ? ONLY : ALL;
  }

  /** What a body calls an input. */
  public String pointer(String input) {
    return isByName || inputs.size() > 1 ? "/inputs" + TensorFormatException.token(input) : "/x";
  }

  /** Whether a body may have the field. */
  public boolean isKnown(String field) {
    return field.equals(ALL) || (field.equals(ONLY) && inputs.size() == 1);
  }

  public void scanOnly(JsonTensorScanner json) throws JsonTensorScanner.NotScannedException {
    scan(inputs.get(0), json);
  }

  public void scanAll(JsonTensorScanner json) throws JsonTensorScanner.NotScannedException {
    isByName = true;
    json.expect('{');
    do {
      Signature.Input input = find(json.name());
      if (input == null) {
        throw new JsonTensorScanner.NotScannedException();
      }
      scan(input, json);
    } while (json.takes(','));
    json.expect('}');
  }

  private void scan(Signature.Input input, JsonTensorScanner json)
      throws JsonTensorScanner.NotScannedException {
    if (isRead(input)) {
      throw new JsonTensorScanner.NotScannedException();
    }
    Tensor tensor = input.vocabulary().isPresent() ? json.ints() : json.floats();
    if (given.put(input.name(), tensor) != null) {
      throw new JsonTensorScanner.NotScannedException();
    }
  }

  /** Reads the only input, which the parser stands on. */
  public void readOnly(JsonParser json) {
    read(inputs.get(0), json, "/x");
  }

  /** Reads the object of inputs that the parser stands on. */
  public void readAll(JsonParser json) {
    isByName = true;
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TensorFormatException("/inputs", "expected an object with " + names());
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      json.nextToken();
      Signature.Input input = find(name);
      if (input == null) {
        throw new TensorFormatException(
            "/inputs" + TensorFormatException.token(name), "is unknown; known are " + names());
      }
      read(input, json, "/inputs" + TensorFormatException.token(name));
    }
  }

  private void read(Signature.Input input, JsonParser json, String pointer) {
    Tensor tensor =
        input.vocabulary().isPresent()
            ? JsonTensorReader.readInts(json, pointer, memory)
            : isRead(input)
                ? JsonTensorReader.readDoubles(json, pointer, memory)
                : JsonTensorReader.readFloats(json, pointer, memory);
    if (given.put(input.name(), tensor) != null) {
      throw new TensorFormatException(pointer, "is there twice, as x and in inputs");
    }
  }

  /** Whether it brings readings, which are scaled in double precision. */
  private boolean isRead(Signature.Input input) {
    return hasScaler && input.name().equals(inputs.get(sequence).name());
  }

  private Signature.@Nullable Input find(String name) {
    for (Signature.Input input : inputs) {
      if (input.name().equals(name)) {
        return input;
      }
    }
    return null;
  }

  /** Whether a tensor of this name is an input. */
  public boolean isInput(String tensor) {
    return find(tensor) != null;
  }

  public void take(String name, Tensor tensor) {
    given.put(name, tensor);
  }

  /**
   * Takes the only input.
   *
   * @throws TensorFormatException if there are several
   */
  public void takeOnly(Tensor tensor) {
    if (inputs.size() > 1) {
      throw new TensorFormatException(
          "", "an npy body is one array, this model takes %s; send safetensors".formatted(names()));
    }
    take(inputs.get(0).name(), tensor);
  }

  /** The inputs' names, for an error. */
  public String names() {
    return String.join(", ", inputs.stream().map(Signature.Input::name).toList());
  }

  /**
   * All that was read, in the model's order.
   *
   * @param pointer what the body calls an input, for the error
   * @throws TensorFormatException if one is missing
   */
  public List<Tensor> tensors(UnaryOperator<String> pointer) {
    List<Tensor> tensors = new ArrayList<>(inputs.size());
    for (Signature.Input input : inputs) {
      Tensor tensor = given.get(input.name());
      if (tensor == null) {
        throw new TensorFormatException(pointer.apply(input.name()), "is missing");
      }
      tensors.add(tensor);
    }
    return tensors;
  }
}
