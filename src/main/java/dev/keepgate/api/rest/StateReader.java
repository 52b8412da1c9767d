package dev.keepgate.api.rest;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.JsonTensorScanner;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads a state: an object with h and c, or tensors of these names. */
final class StateReader {

  private final LstmConfig config;
  private final ArrayMemory memory;
  private @Nullable List<Tensor> h;
  private @Nullable List<Tensor> c;

  /**
   * @param memory of the tensors
   */
  StateReader(LstmConfig config, ArrayMemory memory) {
    this.config = config;
    this.memory = memory;
  }

  @Nullable List<Tensor> h() {
    return h;
  }

  @Nullable List<Tensor> c() {
    return c;
  }

  void scan(JsonTensorScanner json) throws JsonTensorScanner.NotScannedException {
    json.expect('{');
    do {
      String field = json.name();
      if (field.equals("h") && h == null && config.hasUniformCells(CellConfig::outputSize)) {
        h = List.of(json.floats());
      } else if (field.equals("c") && c == null && config.hasUniformCells(CellConfig::hiddenSize)) {
        c = List.of(json.floats());
      } else {
        throw new JsonTensorScanner.NotScannedException();
      }
    } while (json.takes(','));
    json.expect('}');
  }

  /** Reads the value that the parser stands on; null is no state. */
  void read(JsonParser json) {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TensorFormatException("/state", "expected an object with h and c");
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "h" -> h = readCells(json, "/state/h", config.hasUniformCells(CellConfig::outputSize));
        case "c" -> c = readCells(json, "/state/c", config.hasUniformCells(CellConfig::hiddenSize));
        default ->
            throw new TensorFormatException(
                "/state" + TensorFormatException.token(field), "is unknown; known are h, c");
      }
    }
  }

  private @Nullable List<Tensor> readCells(JsonParser json, String pointer, boolean uniform) {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    return uniform
        ? List.of(JsonTensorReader.readFloats(json, pointer, memory))
        : JsonTensorReader.readEach(json, pointer, memory);
  }

  /** Takes h and c, or h.0, h.1, ... and c.0, c.1, ... of models whose cells differ in size. */
  void take(Map<String, Tensor> tensors) {
    h = cells(tensors, "h");
    c = cells(tensors, "c");
  }

  /** Whether a tensor of this name is a part of a state. */
  static boolean names(String tensor) {
    return tensor.matches("[hc](\\.\\d+)?");
  }

  private static @Nullable List<Tensor> cells(Map<String, Tensor> tensors, String name) {
    Tensor all = tensors.get(name);
    if (all != null) {
      return List.of(all);
    }
    List<Tensor> cells = new ArrayList<>();
    for (Tensor cell = tensors.get(name + ".0"); cell != null; ) {
      cells.add(cell);
      cell = tensors.get(name + "." + cells.size());
    }
    return cells.isEmpty() ? null : cells;
  }
}
