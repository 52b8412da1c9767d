package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ActivationNames;
import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Keras' activations by name, and the layers that are one. */
final class KerasActivations {

  private static final String FIELD = "activation";

  private KerasActivations() {}

  /** The activation that a field of a layer names; the other one where it names none. */
  static Activation of(
      KerasLayer layer, String field, KerasVersion version, @Nullable Activation otherwise)
      throws ImportException {
    JsonNode value = layer.config().path(field);
    if (value.isMissingNode() && otherwise != null) {
      return otherwise;
    }
    if (value.isNull()) {
      return Activation.LINEAR;
    }
    Activation activation =
        value.path("config").isObject()
            ? ofLayer(KerasLayer.of(value, ""), version)
            : named(name(value), version);
    if (name(value).equals("sparsemax")) {
      throw layer.unsupported(
          field, "sparsemax is not computed: Keras' own numbers do not come to 1; use softmax");
    }
    if (activation == null) {
      throw layer.unsupported(field, "%s is no activation that is known here".formatted(value));
    }
    return activation;
  }

  /** A function that is no layer is written as an object: {"class_name": "function", "config"}. */
  private static String name(JsonNode value) {
    return (value.isObject() ? value.path("config") : value).asString("");
  }

  private static @Nullable Activation named(String name, KerasVersion version) {
    return name.equals("hard_sigmoid") ? version.hardSigmoid() : ActivationNames.find(name);
  }

  /** Whether a layer's activation is glu, which halves its features. */
  static boolean isGatedUnit(KerasLayer layer) {
    return name(layer.config().path(FIELD)).equals("glu");
  }

  /** The activation that a layer is; null where it is none. */
  static @Nullable Activation ofLayer(KerasLayer layer, KerasVersion version)
      throws ImportException {
    return switch (layer.className()) {
      case "Activation" -> of(layer, FIELD, version, null);
      case "ReLU" -> relu(layer);
      case "ThresholdedReLU" ->
          new Activation(Activation.Kind.THRESHOLD, layer.number("theta", 1), 0);
      case "LeakyReLU" ->
          new Activation(
              Activation.Kind.LEAKY_RELU,
              layer.number("negative_slope", layer.number("alpha", 0.3)),
              0);
      case "ELU" -> new Activation(Activation.Kind.ELU, layer.number("alpha", 1), 0);
      default -> null;
    };
  }

  private static Activation relu(KerasLayer layer) throws ImportException {
    float slope = layer.number("negative_slope", 0);
    float threshold = layer.number("threshold", 0);
    float bound = layer.number("max_value", Float.POSITIVE_INFINITY);
    boolean bounded = bound < Float.POSITIVE_INFINITY;
    if ((slope != 0 && threshold != 0) || (bounded && (slope != 0 || threshold != 0))) {
      throw layer.unsupported(
          "", "a bound, slope and threshold together are not supported; LeakyReLU is");
    }
    if (bounded) {
      return new Activation(Activation.Kind.CLIP, 0, bound);
    }
    if (threshold != 0) {
      return new Activation(Activation.Kind.THRESHOLDED_RELU, threshold, 0);
    }
    return slope == 0 ? Activation.RELU : new Activation(Activation.Kind.LEAKY_RELU, slope, 0);
  }
}
