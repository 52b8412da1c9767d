package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.keras.KerasCall.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * The layers of a model, or of a model inside it, and how they call each other.
 *
 * @param layers by their names
 * @param calls of each layer, its uses
 * @param inputs what the model is given
 * @param outputs what it gives
 */
record KerasScope(
    Map<String, KerasLayer> layers,
    Map<String, List<KerasCall>> calls,
    List<Tensor> inputs,
    List<Tensor> outputs) {

  /** What a Sequential model without an input layer calls its input. */
  private static final String INPUT = "input";

  /**
   * @param model {@code {"class_name", "config"}}
   * @param outer put before names and paths; empty of the model itself
   * @throws ImportException if it does not tell its layers
   */
  static KerasScope of(JsonNode model, String outer, String path) throws ImportException {
    JsonNode config = model.path("config");
    JsonNode list = config.isArray() ? config : config.path("layers");
    if (!list.isArray() || list.isEmpty()) {
      throw ImportException.unsupported(
          "model",
          "of class '%s' does not tell its layers"
              .formatted(model.path("class_name").asString("")));
    }
    Map<String, KerasLayer> layers = new LinkedHashMap<>();
    Map<String, JsonNode> nodes = new HashMap<>();
    Map<String, Integer> used = new HashMap<>();
    for (JsonNode json : list) {
      String kind = KerasArchitecture.snakeCase(json.path("class_name").asString(""));
      int before = used.merge(kind, 1, Integer::sum) - 1;
      String own = before == 0 ? kind : kind + "_" + before;
      KerasLayer layer = KerasLayer.of(json, path.isEmpty() ? own : path + "/layers/" + own);
      KerasLayer placed =
          outer.isEmpty()
              ? layer
              : new KerasLayer(
                  outer + "/" + layer.name(), layer.className(), layer.config(), layer.path());
      if (layers.put(layer.name(), placed) != null) {
        throw layer.unsupported("", "is not the only one of its name");
      }
      nodes.put(layer.name(), json.path("inbound_nodes"));
    }
    return config.has("output_layers")
        ? functional(layers, nodes, config)
        : sequential(layers, list.get(0));
  }

  private static KerasScope functional(
      Map<String, KerasLayer> layers, Map<String, JsonNode> nodes, JsonNode config)
      throws ImportException {
    Map<String, List<KerasCall>> calls = new HashMap<>();
    for (Map.Entry<String, KerasLayer> layer : layers.entrySet()) {
      calls.put(
          layer.getKey(),
          KerasCall.of(
              layer.getValue(), nodes.getOrDefault(layer.getKey(), MissingNode.getInstance())));
    }
    List<Tensor> outputs = new ArrayList<>();
    for (Tensor output : Tensor.all(config.path("output_layers"))) {
      outputs.add(counted(output, layers.get(output.layer()), nodes));
    }
    return new KerasScope(layers, calls, Tensor.all(config.path("input_layers")), outputs);
  }

  /** Here alone Keras 3 counts the making of a model inside as its first use. */
  private static Tensor counted(
      Tensor output, @Nullable KerasLayer layer, Map<String, JsonNode> nodes) {
    boolean isModel = layer != null && KerasArchitecture.FUNCTIONAL.contains(layer.className());
    JsonNode uses = nodes.getOrDefault(output.layer(), MissingNode.getInstance());
    return isModel && uses.path(0).isObject()
        ? new Tensor(output.layer(), output.call() - 1, output.index())
        : output;
  }

  private static KerasScope sequential(Map<String, KerasLayer> layers, JsonNode first)
      throws ImportException {
    Map<String, List<KerasCall>> calls = new HashMap<>();
    List<String> names = new ArrayList<>(layers.keySet());
    boolean hasInput = first.path("class_name").asString("").equals("InputLayer");
    String below = hasInput ? names.get(0) : INPUT;
    Tensor input = new Tensor(below, 0, 0);
    for (String name : hasInput ? names.subList(1, names.size()) : names) {
      KerasLayer layer = layers.get(name);
      if (layer == null) {
        throw ImportException.malformed("no layer " + name);
      }
      calls.put(
          name,
          List.of(
              new KerasCall(
                  layer,
                  List.of(new Tensor(below, 0, 0)),
                  Map.of(),
                  List.of(),
                  Map.of(),
                  MissingNode.getInstance())));
      below = name;
    }
    return new KerasScope(layers, calls, List.of(input), List.of(new Tensor(below, 0, 0)));
  }
}
