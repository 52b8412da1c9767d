package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ActivationNames;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.forward.Module.Kind;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Window;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a stage's arguments say of the module that it names. */
final class ModuleOptions {

  private static final Pattern TRANSPOSED_CONVOLUTION =
      Pattern.compile(".*(deconv|conv_?t(rans)?\\d*$|conv\\w*transpose|upconv|up_conv).*");

  private static final Pattern INSTANCE_NORM = Pattern.compile(".*instance.*|(.*_)?in\\d*");

  private ModuleOptions() {}

  /**
   * Reads a stage's arguments.
   *
   * @param module as its name or the stage says what it is
   * @param framework whose defaults hold
   */
  static Module.Options of(Stage stage, Module module, String framework) throws ImportException {
    return switch (module.kind()) {
      case LAYER_NORM, BATCH_NORM, GROUP_NORM -> norm(stage, module);
      case CONVOLUTION -> convolution(stage, module, framework);
      case RECURRENT -> recurrent(stage);
      case VECTOR -> vector(stage, module);
      case MATRIX, EMBEDDING, DENSE -> {
        stage.allow(1, Set.of());
        String said = stage.values().isEmpty() ? "" : stage.values().get(0);
        boolean isSaid =
            (said.equals("embedding") && module.kind() == Kind.EMBEDDING)
                || (said.equals("linear") && module.kind() == Kind.DENSE);
        if (!said.isEmpty() && !isSaid) {
          throw stage.refused("'%s' is not what it is".formatted(said));
        }
        yield plain(module.kind());
      }
    };
  }

  private static Module.Options plain(Kind kind) {
    return new Module.Options(kind, null, 1, null, Module.Convolution.PLAIN);
  }

  private static Module.Options norm(Stage stage, Module module) throws ImportException {
    stage.allow(1, Set.of("epsilon", "eps", "groups"));
    String said = stage.values().isEmpty() ? "" : stage.values().get(0);
    Kind kind = norm(stage, module, said);
    int groups = stage.count("groups", 1, 0);
    boolean isOfInstance =
        said.equals("instance_norm")
            || (said.isEmpty() && groups == 0 && INSTANCE_NORM.matcher(own(module)).matches());
    if (kind == Kind.GROUP_NORM && groups == 0) {
      if (!isOfInstance) {
        throw stage.refused("say its groups, such as %s(groups=4)".formatted(stage.name()));
      }
      groups = module.outputSize();
    }
    if (kind == Kind.GROUP_NORM && module.outputSize() % groups != 0) {
      throw stage.refused("%d groups do not part %s".formatted(groups, module));
    }
    String key = stage.options().containsKey("eps") ? "eps" : "epsilon";
    Float epsilon = stage.options().containsKey(key) ? stage.number(key) : null;
    return new Module.Options(kind, epsilon, Math.max(groups, 1), null, Module.Convolution.PLAIN);
  }

  private static Kind norm(Stage stage, Module module, String said) throws ImportException {
    boolean isBatchNorm = module.kind() == Kind.BATCH_NORM;
    boolean hasGroups = stage.options().containsKey("groups");
    return switch (said) {
      case "" -> {
        if (hasGroups && isBatchNorm) {
          throw stage.refused("its tensors are those of a batch_norm, which has no groups");
        }
        yield hasGroups ? Kind.GROUP_NORM : module.kind();
      }
      case "batch_norm", "layer_norm" -> {
        if (isBatchNorm != said.equals("batch_norm") || hasGroups) {
          throw stage.refused(
              "its tensors are those of a %s, not of a %s"
                  .formatted(isBatchNorm ? "batch_norm" : "layer_norm or group_norm", said));
        }
        yield isBatchNorm ? Kind.BATCH_NORM : Kind.LAYER_NORM;
      }
      case "group_norm", "instance_norm" -> {
        if (isBatchNorm || (hasGroups && said.equals("instance_norm"))) {
          throw stage.refused("its tensors are not those of a " + said);
        }
        yield Kind.GROUP_NORM;
      }
      default ->
          throw stage.refused(
              "'%s' is none of layer_norm, batch_norm, group_norm, instance_norm".formatted(said));
    };
  }

  private static String own(Module module) {
    return module.ownName().toLowerCase(Locale.ROOT);
  }

  private static Module.Options convolution(Stage stage, Module module, String framework)
      throws ImportException {
    stage.allow(0, Set.of("stride", "padding", "dilation", "groups"));
    if (TRANSPOSED_CONVOLUTION.matcher(own(module)).matches()) {
      throw stage.refused("is a transposed convolution by its name, which is not computed here");
    }
    int stride = stage.count("stride", 1, 1);
    int dilation = stage.count("dilation", 1, 1);
    int groups = stage.count("groups", 1, 1);
    String padding =
        stage
            .options()
            .getOrDefault("padding", framework.equals("flax") ? "same" : "0")
            .toLowerCase(Locale.ROOT);
    Window.Padding kind =
        switch (padding) {
          case "same" -> Window.Padding.SAME;
          case "causal" -> Window.Padding.CAUSAL;
          default -> Window.Padding.EXPLICIT;
        };
    boolean isNumber = kind == Window.Padding.EXPLICIT && !padding.equals("valid");
    int around = isNumber ? stage.count("padding", 0, 0) : 0;
    if (kind == Window.Padding.SAME && stride > 1 && framework.equals("pytorch")) {
      throw stage.refused("padding=same has no stride in PyTorch");
    }
    return new Module.Options(
        Kind.CONVOLUTION,
        null,
        groups,
        null,
        new Module.Convolution(stride, dilation, kind, around, around));
  }

  private static Module.Options recurrent(Stage stage) throws ImportException {
    stage.allow(1, Set.of("activation", "nonlinearity"));
    String key = stage.options().containsKey("activation") ? "activation" : "nonlinearity";
    String name =
        stage.options().getOrDefault(key, stage.values().isEmpty() ? null : stage.values().get(0));
    return new Module.Options(
        Kind.RECURRENT, null, 1, activation(stage, name), Module.Convolution.PLAIN);
  }

  private static @Nullable Activation activation(Stage stage, @Nullable String name)
      throws ImportException {
    if (name == null) {
      return null;
    }
    Activation activation = ActivationNames.find(name);
    if (activation == null || activation.kind().isOfRow()) {
      throw stage.refused("'%s' is no activation of a recurrent layer".formatted(name));
    }
    return activation;
  }

  private static Module.Options vector(Stage stage, Module module) throws ImportException {
    stage.allow(1, Set.of());
    String said = stage.values().isEmpty() ? "" : stage.values().get(0);
    if (!said.equals("prelu") && !(said.isEmpty() && own(module).contains("prelu"))) {
      throw stage.refused(
          "%s is a vector without a bias: say %s(prelu) if it is one; norms without a bias are not"
                  .formatted(module, stage.name())
              + " computed");
    }
    return plain(Kind.VECTOR);
  }
}
