package dev.keepgate.importer.framework.dl4j;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A layer as the network's configuration describes it.
 *
 * @param name unique within the network
 * @param kind its class, without the package
 */
record Dl4jLayer(String name, String kind, JsonNode json) {

  static Dl4jLayer of(JsonNode json, int index) throws ImportException {
    String name = json.path("layerName").asString("");
    Dl4jLayer layer =
        new Dl4jLayer(
            name.isEmpty() ? "layer" + index : name,
            json.path("@class").asString("").replaceAll(".*\\.", ""),
            json);
    if (layer.kind.isEmpty()) {
      throw layer.unsupported(
          "has no @class: save the network with Deeplearning4j 1.0.0-beta or newer");
    }
    return layer;
  }

  /** The layer that this one wraps. */
  Dl4jLayer inner(String field) throws ImportException {
    return of(json.path(field), 0).named(name);
  }

  Dl4jLayer named(String other) {
    return new Dl4jLayer(other, kind, json);
  }

  boolean flag(String field) {
    return json.path(field).asBoolean(false);
  }

  int size(String field) throws ImportException {
    JsonNode size = json.path(field);
    if (!size.isInt() || size.intValue() < 1) {
      throw unsupported("%s is %s, not a whole number from 1".formatted(field, size));
    }
    return size.intValue();
  }

  /** An activation function; softmax too. */
  Activation activation(String field) throws ImportException {
    JsonNode function = json.path(field);
    String name = function.path("@class").asString("").replaceAll(".*\\.Activation", "");
    Activation activation =
        switch (name) {
          case "Identity" -> Activation.LINEAR;
          case "TanH" -> Activation.TANH;
          case "Sigmoid" -> Activation.SIGMOID;
          case "HardSigmoid" -> Activation.HARD_SIGMOID_FIFTH;
          case "Softmax" -> Activation.SOFTMAX;
          case "SoftSign" -> Activation.of(Kind.SOFTSIGN);
          case "SoftPlus" -> Activation.of(Kind.SOFTPLUS);
          case "Swish" -> Activation.of(Kind.SWISH);
          case "SELU" -> new Activation(Kind.SELU, 1.6732632f, 1.050701f);
          case "ELU" -> new Activation(Kind.ELU, function.path("alpha").floatValue(1), 0);
          case "LReLU" ->
              new Activation(Kind.LEAKY_RELU, function.path("alpha").floatValue(0.01f), 0);
          case "ReLU" -> relu(function);
          case "ReLU6" -> new Activation(Kind.CLIP, 0, 6);
          case "HardTanH" -> new Activation(Kind.CLIP, -1, 1);
          case "Mish" -> Activation.of(Kind.MISH);
          case "GELU" ->
              function.path("precise").asBoolean(false) ? Activation.of(Kind.GELU) : null;
          default -> null;
        };
    if (activation == null) {
      throw unsupported("%s %s is no activation that is known here".formatted(field, function));
    }
    return activation;
  }

  private static @Nullable Activation relu(JsonNode function) {
    boolean plain =
        function.path("max").isNull()
            && function.path("threshold").doubleValue(0) == 0
            && function.path("negativeSlope").doubleValue(0) == 0;
    return plain ? Activation.RELU : null;
  }

  ImportException unsupported(String detail) {
    return ImportException.unsupported("layer '%s' (%s)".formatted(name, kind), detail);
  }
}
