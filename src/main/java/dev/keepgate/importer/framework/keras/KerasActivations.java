package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ActivationNames;
import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Keras' activations by name. */
final class KerasActivations {

  private KerasActivations() {}

  /** The activation that a field of a layer names; the other one where it names none. */
  static Activation of(
      KerasLayer layer, String field, KerasVersion version, @Nullable Activation otherwise)
      throws ImportException {
    JsonNode value = layer.config().path(field);
    // A function that is no layer is written as an object: {"class_name": "function", "config"}.
    JsonNode named = value.isObject() ? value.path("config") : value;
    if (value.isMissingNode() && otherwise != null) {
      return otherwise;
    }
    if (value.isNull()) {
      return Activation.LINEAR;
    }
    String name = named.asString("");
    Activation activation =
        name.equals("hard_sigmoid") ? version.hardSigmoid() : ActivationNames.find(name);
    if (activation == null) {
      throw layer.unsupported(field, "%s is no activation that is known here".formatted(value));
    }
    return activation;
  }
}
