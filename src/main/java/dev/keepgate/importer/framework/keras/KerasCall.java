package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * One use of a layer in a model's graph.
 *
 * @param layer which layer
 * @param inputs the tensors that it takes
 * @param named tensors that it takes by name, such as {@code initial_state}
 * @param constants what it takes besides that is no tensor, without a name
 * @param options what it takes by name that is no tensor, and not false
 * @param arguments all that has no name, as the file has it; missing in older files
 */
record KerasCall(
    KerasLayer layer,
    List<Tensor> inputs,
    Map<String, List<Tensor>> named,
    List<JsonNode> constants,
    Map<String, JsonNode> options,
    JsonNode arguments) {

  private static final String TENSOR = "__keras_tensor__";

  /**
   * What a layer gives.
   *
   * @param layer its name
   * @param call which of its uses
   * @param index which of the tensors that it gives
   */
  record Tensor(String layer, int call, int index) {

    /** Reads {@code [name, call, index]}. */
    static Tensor of(JsonNode json) throws ImportException {
      if (!json.path(0).isString()) {
        throw ImportException.malformed("'%s' names no layer's output".formatted(json));
      }
      return new Tensor(json.get(0).asString(), json.path(1).asInt(0), json.path(2).asInt(0));
    }

    /** Reads one, a list of them, or an object that has them by name. */
    static List<Tensor> all(JsonNode json) throws ImportException {
      List<Tensor> tensors = new ArrayList<>();
      if (json.path(0).isString()) {
        tensors.add(of(json));
      } else {
        for (JsonNode each : json) {
          tensors.addAll(all(each));
        }
      }
      return tensors;
    }
  }

  /** All uses of a layer, in order. */
  static List<KerasCall> of(KerasLayer layer, JsonNode nodes) throws ImportException {
    List<KerasCall> calls = new ArrayList<>();
    for (JsonNode node : nodes) {
      calls.add(node.isObject() ? recent(layer, node) : older(layer, node));
    }
    return calls;
  }

  /** Keras 3: {@code {"args": [tensor…], "kwargs": {…}}}. */
  private static KerasCall recent(KerasLayer layer, JsonNode node) throws ImportException {
    KerasCall call = empty(layer, node.path("args"));
    for (JsonNode argument : node.path("args")) {
      take(argument, call.inputs, call.constants);
    }
    for (Map.Entry<String, JsonNode> argument : node.path("kwargs").properties()) {
      List<Tensor> tensors = new ArrayList<>();
      take(argument.getValue(), tensors, new ArrayList<>());
      if (!tensors.isEmpty()) {
        call.named.put(argument.getKey(), tensors);
      } else if (!isDefault(argument.getValue())) {
        call.options.put(argument.getKey(), argument.getValue());
      }
    }
    return call;
  }

  private static KerasCall empty(KerasLayer layer, JsonNode arguments) {
    return new KerasCall(
        layer,
        new ArrayList<>(),
        new LinkedHashMap<>(),
        new ArrayList<>(),
        new LinkedHashMap<>(),
        arguments);
  }

  /** Whether an argument is what a layer gives. */
  static boolean isTensor(JsonNode argument) {
    return argument.path("class_name").asString("").equals(TENSOR);
  }

  private static boolean isDefault(JsonNode value) {
    return value.isNull() || (value.isBoolean() && !value.asBoolean());
  }

  private static void take(JsonNode argument, List<Tensor> tensors, List<JsonNode> constants)
      throws ImportException {
    if (isTensor(argument)) {
      tensors.add(Tensor.of(argument.path("config").path("keras_history")));
    } else if (argument.isArray()) {
      for (JsonNode each : argument) {
        take(each, tensors, constants);
      }
    } else if (!argument.isNull()) {
      constants.add(argument);
    }
  }

  /** Keras 2: {@code [[name, call, index, {kwargs}]…]}. */
  private static KerasCall older(KerasLayer layer, JsonNode node) throws ImportException {
    KerasCall call = empty(layer, MissingNode.getInstance());
    for (JsonNode input : node.path(0).isArray() ? node : List.of(node)) {
      call.inputs.add(Tensor.of(input));
      for (Map.Entry<String, JsonNode> argument : input.path(3).properties()) {
        JsonNode value = argument.getValue();
        boolean isTensors = value.path(0).isString() || value.path(0).path(0).isString();
        if (isTensors) {
          call.named.put(argument.getKey(), Tensor.all(value));
        } else if (!isDefault(value)) {
          call.options.put(argument.getKey(), value);
        }
      }
    }
    return call;
  }
}
