package dev.keepgate.api.rest;

import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.model.StateLayout;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.JsonTensorScanner;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads a state: an object with a tensor for each name of the model's slots, such as {@code h}, or
 * tensors of these names.
 */
final class StateReader {

  private final StateLayout layout;
  private final ArrayMemory memory;
  private final Map<String, List<Tensor>> slots = new LinkedHashMap<>();

  /**
   * @param memory of the tensors
   */
  StateReader(StateLayout layout, ArrayMemory memory) {
    this.layout = layout;
    this.memory = memory;
  }

  /** What was read; null if there was none. */
  InferenceRequest.@Nullable State state() {
    return InferenceRequest.State.of(slots);
  }

  void scan(JsonTensorScanner json) throws JsonTensorScanner.NotScannedException {
    json.expect('{');
    do {
      String field = json.name();
      if (slots.containsKey(field) || !isKnown(field) || !layout.isUniform(field)) {
        throw new JsonTensorScanner.NotScannedException();
      }
      slots.put(field, List.of(json.floats()));
    } while (json.takes(','));
    json.expect('}');
  }

  /** Reads the value that the parser stands on; null is no state. */
  void read(JsonParser json) {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TensorFormatException(
          "/state", "expected an object with " + String.join(" and ", layout.names()));
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = json.currentName();
      json.nextToken();
      if (!isKnown(field)) {
        throw new TensorFormatException(
            "/state" + TensorFormatException.token(field),
            "is unknown; known are " + String.join(", ", layout.names()));
      }
      if (json.currentToken() != JsonToken.VALUE_NULL) {
        slots.put(field, readCells(json, "/state/" + field, layout.isUniform(field)));
      }
    }
  }

  private boolean isKnown(String name) {
    return layout.names().contains(name);
  }

  private List<Tensor> readCells(JsonParser json, String pointer, boolean uniform) {
    return uniform
        ? List.of(JsonTensorReader.readFloats(json, pointer, memory))
        : JsonTensorReader.readEach(json, pointer, memory);
  }

  /** Takes h and c, or h.0, h.1, ... and c.0, c.1, ... of models whose cells differ in size. */
  void take(Map<String, Tensor> tensors) {
    for (String name : layout.names()) {
      List<Tensor> cells = cells(tensors, name);
      if (!cells.isEmpty()) {
        slots.put(name, cells);
      }
    }
  }

  /** Whether a tensor of this name is a part of a state. */
  boolean isPart(String tensor) {
    int dot = tensor.indexOf('.');
    return dot < 0
        ? isKnown(tensor)
        : isKnown(tensor.substring(0, dot)) && tensor.substring(dot + 1).matches("\\d+");
  }

  /** The slots' names, for an error. */
  String names() {
    return String.join(", ", layout.names());
  }

  /** The names of the slots of single cells, for an error. */
  String namesByCell() {
    return String.join(".<cell>, ", layout.names()) + ".<cell>";
  }

  private static List<Tensor> cells(Map<String, Tensor> tensors, String name) {
    Tensor all = tensors.get(name);
    if (all != null) {
      return List.of(all);
    }
    List<Tensor> cells = new ArrayList<>();
    for (Tensor cell = tensors.get(name + ".0"); cell != null; ) {
      cells.add(cell);
      cell = tensors.get(name + "." + cells.size());
    }
    return cells;
  }
}
