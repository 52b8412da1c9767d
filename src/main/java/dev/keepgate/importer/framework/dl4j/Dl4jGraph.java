package dev.keepgate.importer.framework.dl4j;

import dev.keepgate.importer.ImportException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** The order of a network's layers: a list, or the one path of a ComputationGraph. */
final class Dl4jGraph {

  private Dl4jGraph() {}

  /** The layers of a MultiLayerNetwork. */
  static List<Dl4jLayer> layers(JsonNode configuration) throws ImportException {
    List<Dl4jLayer> layers = new ArrayList<>();
    for (JsonNode conf : configuration.path("confs")) {
      int index = layers.size();
      checkPreprocessor(
          configuration.path("inputPreProcessors").path(String.valueOf(index)), "layer " + index);
      layers.add(Dl4jLayer.of(conf.path("layer"), index));
    }
    return layers;
  }

  /**
   * The layers of a ComputationGraph from its input to its output.
   *
   * @throws ImportException if it is more than one path; it names where
   */
  static List<Dl4jLayer> path(JsonNode configuration) throws ImportException {
    JsonNode inputs = configuration.path("networkInputs");
    JsonNode outputs = configuration.path("networkOutputs");
    JsonNode vertices = configuration.path("vertices");
    if (inputs.size() != 1 || outputs.size() != 1) {
      throw ImportException.unsupported(
          "configuration.json",
          "has inputs %s and outputs %s; only a graph that is one path is served"
              .formatted(inputs, outputs));
    }
    String end = inputs.get(0).asString("");
    Set<String> seen = new HashSet<>();
    List<Dl4jLayer> path = new ArrayList<>();
    for (String at = outputs.get(0).asString(""); !at.equals(end); at = before(configuration, at)) {
      if (!seen.add(at)) {
        throw ImportException.malformed("vertex '%s' feeds itself".formatted(at));
      }
      path.add(0, layer(at, vertices.path(at)));
    }
    for (Map.Entry<String, JsonNode> vertex : vertices.properties()) {
      if (!seen.contains(vertex.getKey())) {
        throw ImportException.unsupported(
            "vertex '%s'".formatted(vertex.getKey()),
            "lies beside the path from '%s'; only a graph that is one path is served"
                .formatted(end));
      }
    }
    return path;
  }

  private static String before(JsonNode configuration, String vertex) throws ImportException {
    JsonNode inputs = configuration.path("vertexInputs").path(vertex);
    if (inputs.size() != 1) {
      throw ImportException.unsupported(
          "vertex '%s'".formatted(vertex),
          "takes %s; only a graph that is one path is served".formatted(inputs));
    }
    return inputs.get(0).asString("");
  }

  private static Dl4jLayer layer(String name, JsonNode vertex) throws ImportException {
    String kind = vertex.path("@class").asString("").replaceAll(".*\\.", "");
    checkPreprocessor(vertex.path("preProcessor"), "vertex '%s'".formatted(name));
    return kind.equals("LayerVertex")
        ? Dl4jLayer.of(vertex.path("layerConf").path("layer"), 0).named(name)
        : Dl4jLayer.of(vertex, 0).named(name);
  }

  /** Some only move the steps into the batch, which changes no number. */
  private static void checkPreprocessor(JsonNode preprocessor, String where)
      throws ImportException {
    String kind = preprocessor.path("@class").asString("").replaceAll(".*\\.", "");
    if (!preprocessor.isMissingNode()
        && !preprocessor.isNull()
        && !kind.equals("RnnToFeedForwardPreProcessor")
        && !kind.equals("FeedForwardToRnnPreProcessor")) {
      throw ImportException.unsupported(
          "inputPreProcessor of " + where, "%s is not supported".formatted(preprocessor));
    }
  }
}
