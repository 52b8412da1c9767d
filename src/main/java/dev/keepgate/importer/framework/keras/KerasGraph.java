package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The graph of a functional model, of which only a single path is served. Keras 3 puts the masks
 * that {@code Embedding} and {@code Masking} imply into the graph as operations of their own; they
 * are checked, and then left to those layers.
 */
final class KerasGraph {

  private static final String TENSOR = "__keras_tensor__";

  private final Map<String, KerasLayer> layers;
  private final Map<String, Call> calls = new HashMap<>();

  /**
   * How a layer is called.
   *
   * @param inputs the layers whose outputs it takes
   * @param constant a number that it takes besides
   * @param mask the layer that says which steps count
   */
  private record Call(List<String> inputs, @Nullable JsonNode constant, @Nullable String mask) {}

  private KerasGraph(Map<String, KerasLayer> layers) {
    this.layers = layers;
  }

  /** The layers between the only input and the only output. */
  static List<KerasLayer> path(
      Map<String, KerasLayer> layers, Map<String, JsonNode> nodes, JsonNode config)
      throws ImportException {
    KerasGraph graph = new KerasGraph(layers);
    for (KerasLayer layer : layers.values()) {
      graph.calls.put(layer.name(), call(layer, nodes.get(layer.name())));
    }
    return graph.path(
        only(config.path("input_layers"), "input_layers"),
        only(config.path("output_layers"), "output_layers"));
  }

  private static String only(JsonNode ends, String field) throws ImportException {
    JsonNode end = ends.path(0).isArray() && ends.size() == 1 ? ends.get(0) : ends;
    if (!end.path(0).isString() || end.path(2).asInt(0) != 0) {
      throw ImportException.unsupported(
          field, "expected one, got %s: only a single path of layers is served".formatted(ends));
    }
    return end.get(0).asString();
  }

  private List<KerasLayer> path(String input, String output) throws ImportException {
    Deque<KerasLayer> path = new ArrayDeque<>();
    Set<String> seen = new HashSet<>();
    for (String name = output; ; name = inputOf(path.getFirst())) {
      KerasLayer layer = layers.get(name);
      if (layer == null || !seen.add(name)) {
        throw ImportException.malformed(
            "'%s' is no layer on the way from the input".formatted(name));
      }
      path.addFirst(layer);
      if (name.equals(input)) {
        break;
      }
    }
    for (KerasLayer layer : layers.values()) {
      if (!seen.contains(layer.name()) && !isMaskOperation(layer)) {
        throw layer.unsupported(
            "", "lies beside the path from '%s' to '%s'".formatted(input, output));
      }
    }
    checkMasks(path);
    return new ArrayList<>(path);
  }

  private String inputOf(KerasLayer layer) throws ImportException {
    List<String> inputs = callOf(layer.name()).inputs();
    if (inputs.size() != 1) {
      throw layer.unsupported(
          "",
          "takes %d inputs %s: only a single path of layers is served"
              .formatted(inputs.size(), inputs));
    }
    return inputs.get(0);
  }

  private Call callOf(String layer) {
    return calls.getOrDefault(layer, new Call(List.of(), null, null));
  }

  private static boolean isMaskOperation(KerasLayer layer) {
    return layer.className().equals("NotEqual") || layer.className().equals("Any");
  }

  /** Every mask must be the one that the nearest Embedding or Masking before implies. */
  private void checkMasks(Deque<KerasLayer> path) throws ImportException {
    KerasLayer source = null;
    for (KerasLayer layer : path) {
      String mask = callOf(layer.name()).mask();
      if (mask != null && (source == null || !isMaskOf(source, mask))) {
        throw layer.unsupported(
            "mask",
            "is computed by '%s', not by an Embedding or Masking before it".formatted(mask));
      }
      if (layer.className().equals("Masking") || layer.flag("mask_zero")) {
        source = layer;
      }
    }
  }

  private boolean isMaskOf(KerasLayer source, String mask) throws ImportException {
    boolean isEmbedding = source.className().equals("Embedding");
    Call call = callOf(mask);
    KerasLayer operation = layers.get(mask);
    if (!isEmbedding && operation != null && operation.className().equals("Any")) {
      mask = call.inputs().isEmpty() ? mask : call.inputs().get(0);
      call = callOf(mask);
      operation = layers.get(mask);
    }
    float masked = isEmbedding ? 0 : source.number("mask_value", 0);
    return operation != null
        && operation.className().equals("NotEqual")
        && call.inputs().equals(List.of(inputOf(source)))
        && call.constant() != null
        && call.constant().floatValue() == masked;
  }

  private static Call call(KerasLayer layer, @Nullable JsonNode nodes) throws ImportException {
    if (nodes == null || nodes.isEmpty()) {
      return new Call(List.of(), null, null);
    }
    if (nodes.size() > 1) {
      throw layer.unsupported("", "is used %d times".formatted(nodes.size()));
    }
    JsonNode node = nodes.get(0);
    return node.isObject() ? recentCall(layer, node) : olderCall(layer, node);
  }

  /** Keras 3: {@code {"args": [tensor…], "kwargs": {…}}}. */
  private static Call recentCall(KerasLayer layer, JsonNode node) throws ImportException {
    List<String> inputs = new ArrayList<>();
    JsonNode constant = null;
    for (JsonNode argument : node.path("args")) {
      if (argument.isNumber()) {
        constant = argument;
      } else {
        for (JsonNode tensor : argument.isArray() ? argument : List.of(argument)) {
          if (!tensor.isNull()) {
            inputs.add(source(layer, tensor));
          }
        }
      }
    }
    String mask = null;
    for (Map.Entry<String, JsonNode> argument : node.path("kwargs").properties()) {
      boolean isMask = argument.getKey().equals("mask");
      if (isMask && argument.getValue().isObject()) {
        mask = source(layer, argument.getValue());
      } else if (argument.getValue().isObject() || argument.getValue().isArray()) {
        throw layer.unsupported(argument.getKey(), "comes from elsewhere in the graph");
      }
    }
    return new Call(inputs, constant, mask);
  }

  private static String source(KerasLayer layer, JsonNode tensor) throws ImportException {
    JsonNode history = tensor.path("config").path("keras_history");
    if (!tensor.path("class_name").asString("").equals(TENSOR) || !history.path(0).isString()) {
      throw layer.unsupported("inbound_nodes", "hold %s, not a layer's output".formatted(tensor));
    }
    return firstOutput(layer, history);
  }

  /** Keras 2: {@code [[name, node, tensor, {kwargs}]…]}. */
  private static Call olderCall(KerasLayer layer, JsonNode node) throws ImportException {
    List<String> inputs = new ArrayList<>();
    for (JsonNode input : node.path(0).isArray() ? node : List.of(node)) {
      if (!input.path(0).isString()) {
        throw layer.unsupported("inbound_nodes", "hold %s, not a layer's output".formatted(input));
      }
      for (Map.Entry<String, JsonNode> argument : input.path(3).properties()) {
        if (argument.getValue().isArray()) {
          throw layer.unsupported(argument.getKey(), "comes from elsewhere in the graph");
        }
      }
      inputs.add(firstOutput(layer, input));
    }
    return new Call(inputs, null, null);
  }

  private static String firstOutput(KerasLayer layer, JsonNode reference) throws ImportException {
    String name = reference.get(0).asString();
    if (reference.path(1).asInt(0) != 0 || reference.path(2).asInt(0) != 0) {
      throw layer.unsupported(
          "",
          "takes an output of '%s' that is not its first: only the first is served"
              .formatted(name));
    }
    return name;
  }
}
