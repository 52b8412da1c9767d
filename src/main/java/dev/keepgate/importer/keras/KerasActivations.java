package dev.keepgate.importer.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Keras' activations by name. */
final class KerasActivations {

  private static final Map<String, Activation> KNOWN =
      Map.ofEntries(
          Map.entry("linear", Activation.LINEAR),
          Map.entry("tanh", Activation.TANH),
          Map.entry("sigmoid", Activation.SIGMOID),
          Map.entry("relu", Activation.RELU),
          Map.entry("softmax", Activation.SOFTMAX),
          Map.entry("leaky_relu", new Activation(Kind.LEAKY_RELU, 0.2f, 0)),
          Map.entry("elu", new Activation(Kind.ELU, 1, 0)),
          Map.entry("selu", new Activation(Kind.SELU, 1.6732632f, 1.050701f)),
          Map.entry("softsign", Activation.of(Kind.SOFTSIGN)),
          Map.entry("softplus", Activation.of(Kind.SOFTPLUS)),
          Map.entry("swish", Activation.of(Kind.SWISH)),
          Map.entry("silu", Activation.of(Kind.SWISH)),
          Map.entry("gelu", Activation.of(Kind.GELU)),
          Map.entry("exponential", Activation.of(Kind.EXPONENTIAL)));

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
    Activation activation = name.equals("hard_sigmoid") ? version.hardSigmoid() : KNOWN.get(name);
    if (activation == null) {
      throw layer.unsupported(field, "%s is no activation that is known here".formatted(value));
    }
    return activation;
  }
}
