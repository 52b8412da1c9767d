package dev.keepgate.importer;

import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Activations by the names that Keras has for them, TensorFlow where it has them as well. */
public final class ActivationNames {

  private static final Map<String, Activation> KNOWN =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("linear", Activation.LINEAR),
              Map.entry("tanh", Activation.TANH),
              Map.entry("sigmoid", Activation.SIGMOID),
              Map.entry("hard_sigmoid", Activation.HARD_SIGMOID_FIFTH),
              Map.entry("sparse_sigmoid", new Activation(Kind.HARD_SIGMOID, 0.5f, 0.5f)),
              Map.entry("log_sigmoid", Activation.of(Kind.LOG_SIGMOID)),
              Map.entry("relu", Activation.RELU),
              Map.entry("relu6", new Activation(Kind.CLIP, 0, 6)),
              Map.entry("leaky_relu", new Activation(Kind.LEAKY_RELU, 0.2f, 0)),
              Map.entry("elu", new Activation(Kind.ELU, 1, 0)),
              Map.entry("celu", new Activation(Kind.CELU, 1, 0)),
              Map.entry("squareplus", new Activation(Kind.SQUAREPLUS, 4, 0)),
              Map.entry("gelu_tanh", Activation.of(Kind.GELU_TANH)),
              Map.entry("hard_shrink", new Activation(Kind.HARD_SHRINK, 0.5f, 0)),
              Map.entry("soft_shrink", new Activation(Kind.SOFT_SHRINK, 0.5f, 0)),
              Map.entry("sparse_plus", Activation.of(Kind.SPARSE_PLUS)),
              Map.entry("selu", new Activation(Kind.SELU, 1.6732632f, 1.050701f)),
              Map.entry("softsign", Activation.of(Kind.SOFTSIGN)),
              Map.entry("softplus", Activation.of(Kind.SOFTPLUS)),
              Map.entry("swish", Activation.of(Kind.SWISH)),
              Map.entry("silu", Activation.of(Kind.SWISH)),
              Map.entry("hard_swish", Activation.HARD_SWISH_SIXTH),
              Map.entry("hard_silu", Activation.HARD_SWISH_SIXTH),
              Map.entry("mish", Activation.of(Kind.MISH)),
              Map.entry("gelu", Activation.of(Kind.GELU)),
              Map.entry("hard_tanh", new Activation(Kind.CLIP, -1, 1)),
              Map.entry("tanh_shrink", Activation.of(Kind.TANH_SHRINK)),
              Map.entry("exponential", Activation.of(Kind.EXPONENTIAL)),
              Map.entry("softmax", Activation.SOFTMAX),
              Map.entry("log_softmax", Activation.of(Kind.LOG_SOFTMAX))));

  private ActivationNames() {}

  /** The activation of a name, hard_sigmoid as before Keras 3; null where it is none. */
  public static @Nullable Activation find(String name) {
    return KNOWN.get(name);
  }

  /** All names, in order. */
  static Iterable<String> all() {
    return KNOWN.keySet();
  }
}
