package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Reads which layers a model has, and in which order data goes through them. */
final class KerasArchitecture {

  static final Set<String> MODELS = Set.of("Sequential", "Functional", "Model");

  /** Those whose layers are joined by name. */
  static final Set<String> FUNCTIONAL = Set.of("Functional", "Model");

  private KerasArchitecture() {}

  /**
   * The layers that data goes through, from the input to the output.
   *
   * @param model {@code {"class_name", "config"}}
   * @throws ImportException if they are not in a single row; it names where
   */
  static List<KerasLayer> layers(JsonNode model) throws ImportException {
    JsonNode config = model.path("config");
    JsonNode list = config.isArray() ? config : config.path("layers");
    String className = model.path("class_name").asString("");
    if (!list.isArray() || list.isEmpty()) {
      throw ImportException.unsupported(
          "model", "of class '%s' does not tell its layers".formatted(className));
    }
    Map<String, KerasLayer> layers = new LinkedHashMap<>();
    Map<String, JsonNode> nodes = new HashMap<>();
    Map<String, Integer> used = new HashMap<>();
    for (JsonNode json : list) {
      String kind = snakeCase(json.path("class_name").asString(""));
      int before = used.merge(kind, 1, Integer::sum) - 1;
      KerasLayer layer = KerasLayer.of(json, before == 0 ? kind : kind + "_" + before);
      if (layers.put(layer.name(), layer) != null) {
        throw layer.unsupported("", "is not the only one of its name");
      }
      nodes.put(layer.name(), json.path("inbound_nodes"));
    }
    return config.has("output_layers")
        ? KerasGraph.path(layers, nodes, config)
        : new ArrayList<>(layers.values());
  }

  /** A layer that is a model, as the file's own model is written. */
  static JsonNode asModel(KerasLayer layer) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("class_name", layer.className())
        .set("config", layer.config());
  }

  /** As Keras names the groups of its variables. */
  static String snakeCase(String className) {
    return className
        .replaceAll("\\W+", "")
        .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }
}
