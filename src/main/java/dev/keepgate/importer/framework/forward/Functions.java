package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ActivationNames;
import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import java.util.List;
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

  /** What says how many steps the input has. */
  static final String STEPS = "steps";

  private static final Set<String> NORMS = Set.of("batch_norm", "rms_norm");

  /** How PyTorch's classes are called, where it is not as Keras' functions are. */
  private static final Map<String, String> OTHER_NAMES =
      Map.ofEntries(
          Map.entry("leakyrelu", "leaky_relu"),
          Map.entry("logsigmoid", "log_sigmoid"),
          Map.entry("logsoftmax", "log_softmax"),
          Map.entry("hardtanh", "hard_tanh"),
          Map.entry("hardsigmoid", "hard_sigmoid"),
          Map.entry("hardswish", "hard_swish"),
          Map.entry("hardshrink", "hard_shrink"),
          Map.entry("softshrink", "soft_shrink"),
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
    if (name.equals("threshold")) {
      stage.allow(2, Set.of());
      return new Activation(Kind.THRESHOLD, argument(stage, 0), argument(stage, 1));
    }
    Activation known = ActivationNames.find(name);
    if (known == null) {
      return null;
    }
    return switch (name) {
      case "leaky_relu" -> leakyRelu(stage, framework);
      case "elu", "celu" -> scaled(stage, known, "alpha");
      case "hard_shrink", "soft_shrink" -> scaled(stage, known, "lambd");
      case "hard_tanh" -> hardTanh(stage);
      case "hard_sigmoid" -> hardSigmoid(stage, framework);
      case "softmax", "log_softmax" -> {
        requireLastAxis(stage);
        yield known;
      }
      case "gelu" -> {
        stage.allow(1, Set.of("approximate"));
        String said =
            stage
                .options()
                .getOrDefault("approximate", stage.values().isEmpty() ? "" : stage.values().get(0));
        yield switch (said.toLowerCase(Locale.ROOT)) {
          // Flax' own default is the approximation.
          case "" -> framework.equals("flax") ? Activation.of(Kind.GELU_TANH) : known;
          case "tanh", "true" -> Activation.of(Kind.GELU_TANH);
          case "none", "false" -> known;
          default -> throw stage.refused("'%s' is no approximation of it".formatted(said));
        };
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

  /** An activation of one constant, which the stage may say. */
  private static Activation scaled(Stage stage, Activation known, String key)
      throws ImportException {
    stage.allow(1, Set.of(key));
    Float alpha = stage.number(key);
    if (alpha != null && (alpha < 0 || (alpha == 0 && known.kind() == Kind.CELU))) {
      throw stage.refused("%s is not positive".formatted(alpha));
    }
    return new Activation(known.kind(), alpha == null ? known.alpha() : alpha, 0);
  }

  private static Activation hardTanh(Stage stage) throws ImportException {
    stage.allow(2, Set.of());
    if (stage.values().isEmpty()) {
      return new Activation(Kind.CLIP, -1, 1);
    }
    return new Activation(Kind.CLIP, argument(stage, 0), argument(stage, 1));
  }

  private static float argument(Stage stage, int index) throws ImportException {
    if (index >= stage.values().size()) {
      throw stage.refused("takes two numbers");
    }
    Float number =
        new Stage(stage.pointer(), stage.name(), List.of(stage.values().get(index)), Map.of())
            .number("");
    return number == null ? 0 : number;
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
