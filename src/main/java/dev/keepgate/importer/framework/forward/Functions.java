package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ActivationNames;
import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The functions of a recipe that have no weights. */
final class Functions {

  /** What changes nothing at inference. */
  static final Set<String> IDENTITIES =
      Set.of("dropout", "identity", "linear", "spatial_dropout", "gaussian_noise");

  /** What exchanges two axes, and changes nothing where another exchanges them back. */
  static final Set<String> TRANSPOSES = Set.of("transpose", "permute");

  /** What makes one answer of all steps. */
  static final String LAST = "last";

  static final String FINAL_STATE = "final_state";

  static final String LAYER_NORM = "layer_norm";

  /**
   * What a recipe may say and no chain of layers computes yet. The place to add a layer of the
   * model room that needs no weights of the file: see {@link ForwardNetwork}.
   */
  static final Set<String> NOT_SERVED = Set.of("mean", "max", "flatten", "repeat");

  private static final Set<String> NORMS =
      Set.of("batch_norm", "instance_norm", "group_norm", "rms_norm");

  /** How PyTorch's classes are called, where it is not as Keras' functions are. */
  private static final Map<String, String> OTHER_NAMES =
      Map.ofEntries(
          Map.entry("leakyrelu", "leaky_relu"),
          Map.entry("logsigmoid", "log_sigmoid"),
          Map.entry("logsoftmax", "log_softmax"),
          Map.entry("hardtanh", "hard_tanh"),
          Map.entry("hardsigmoid", "hard_sigmoid"),
          Map.entry("hardswish", "hard_swish"),
          Map.entry("tanhshrink", "tanh_shrink"),
          Map.entry("exp", "exponential"));

  private Functions() {}

  /**
   * The activation that a stage says.
   *
   * @param framework whose constants it has where the stage gives none
   * @return null if it is no activation
   */
  static @Nullable Activation activation(Stage stage, String framework) throws ImportException {
    String lower = stage.name().toLowerCase(Locale.ROOT);
    String name = OTHER_NAMES.getOrDefault(lower, lower);
    Activation known = ActivationNames.find(name);
    if (known == null) {
      return null;
    }
    return switch (name) {
      case "leaky_relu" -> leakyRelu(stage, framework);
      case "elu" -> elu(stage);
      case "hard_sigmoid" -> hardSigmoid(stage, framework);
      case "softmax", "log_softmax" -> {
        requireLastAxis(stage);
        yield known;
      }
      case "gelu" -> {
        stage.allow(0, Set.of());
        if (framework.equals("flax")) {
          throw stage.refused("Flax' gelu is an approximation by tanh, which is not served");
        }
        yield known;
      }
      default -> {
        stage.allow(0, Set.of());
        yield known;
      }
    };
  }

  private static Activation leakyRelu(Stage stage, String framework) throws ImportException {
    stage.allow(1, Set.of("negative_slope"));
    Float slope = stage.number("negative_slope");
    if (slope == null && !framework.equals("pytorch") && !framework.equals("flax")) {
      throw stage.refused("say its slope, such as leaky_relu(0.2): layer and function differ");
    }
    return new Activation(Kind.LEAKY_RELU, slope == null ? 0.01f : slope, 0);
  }

  private static Activation elu(Stage stage) throws ImportException {
    stage.allow(1, Set.of("alpha"));
    Float alpha = stage.number("alpha");
    return new Activation(Kind.ELU, alpha == null ? 1 : alpha, 0);
  }

  private static Activation hardSigmoid(Stage stage, String framework) throws ImportException {
    stage.allow(1, Set.of("slope"));
    Float slope = stage.number("slope");
    if (slope != null) {
      return Math.abs(slope - 1f / 6) < 1e-3f
          ? Activation.HARD_SIGMOID_SIXTH
          : new Activation(Kind.HARD_SIGMOID, slope, 0.5f);
    }
    if (framework.equals("pytorch") || framework.equals("flax")) {
      return Activation.HARD_SIGMOID_SIXTH;
    }
    throw stage.refused("say its slope: hard_sigmoid(0.2) before Keras 3, hard_sigmoid(0.1667)");
  }

  private static void requireLastAxis(Stage stage) throws ImportException {
    stage.allow(1, Set.of("dim", "axis"));
    String key = stage.options().containsKey("axis") ? "axis" : "dim";
    Float axis = stage.number(key);
    if (axis != null && axis != -1) {
      throw stage.refused("only over the last axis, the features: softmax(-1)");
    }
  }

  /** Whether a stage is a norm that has its weights in the file, and not a function. */
  static boolean isNormOfWeights(String name) {
    return NORMS.contains(name);
  }
}
