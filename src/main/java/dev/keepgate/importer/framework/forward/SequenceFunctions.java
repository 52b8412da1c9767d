package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Reduction;
import dev.keepgate.model.Window;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The functions of a recipe that see more than one step, and have no weights. */
final class SequenceFunctions {

  private static final Map<String, String> OTHER_NAMES =
      Map.of(
          "maxpool", "max_pool",
          "avgpool", "avg_pool",
          "average_pool", "avg_pool",
          "adaptiveavgpool", "adaptive_avg_pool",
          "adaptivemaxpool", "adaptive_max_pool",
          "repeat_vector", "repeat",
          "instancenorm", "instance_norm",
          "groupnorm", "group_norm");

  private static final Map<String, Reduction> REDUCTIONS =
      Map.of(
          "mean", Reduction.MEAN,
          "max", Reduction.MAX,
          "min", Reduction.MIN,
          "sum", Reduction.SUM,
          "adaptive_avg_pool", Reduction.MEAN,
          "adaptive_max_pool", Reduction.MAX);

  private final Flow flow;
  private final Axes axes;
  private final String framework;

  SequenceFunctions(Flow flow, Axes axes, String framework) {
    this.flow = flow;
    this.axes = axes;
    this.framework = framework;
  }

  private static String plain(Stage stage) {
    String name = stage.name().toLowerCase(Locale.ROOT).replaceAll("_?1d$", "");
    return OTHER_NAMES.getOrDefault(name, name);
  }

  static boolean isKnown(Stage stage) {
    String name = plain(stage);
    return REDUCTIONS.containsKey(name)
        || Set.of(
                "max_pool",
                "avg_pool",
                "repeat",
                "flatten",
                "squeeze",
                "pad",
                "crop",
                "group_norm",
                "instance_norm")
            .contains(name);
  }

  /**
   * Adds a function.
   *
   * @param next width that the next module takes; null where there is none
   */
  void add(Stage stage, @Nullable Integer next) throws ImportException {
    String name = plain(stage);
    switch (name) {
      case "max_pool" -> pool(stage, true);
      case "avg_pool" -> pool(stage, false);
      case "repeat" -> repeat(stage);
      case "flatten" -> flatten(stage, next);
      case "pad", "crop" -> pad(stage, name.equals("crop"));
      case "group_norm", "instance_norm" -> norm(stage, name.equals("instance_norm"));
      case "squeeze" -> {
        if (flow.isSequence()) {
          throw stage.refused("there is no axis of one step to leave out");
        }
      }
      default -> reduce(stage, name);
    }
  }

  private void requireSequence(Stage stage) throws ImportException {
    if (!flow.isSequence()) {
      throw stage.refused("works on steps, and the stages before it leave none");
    }
  }

  private void pool(Stage stage, boolean isMaximum) throws ImportException {
    requireSequence(stage);
    axes.requireChannels(stage, true);
    Set<String> keys =
        isMaximum
            ? Set.of("kernel_size", "stride", "padding", "dilation")
            : Set.of("kernel_size", "stride", "padding", "count_include_pad");
    stage.allow(2, keys);
    Integer first = stage.count(0, 1);
    int size = first == null ? stage.count("kernel_size", 1, 0) : first;
    if (size == 0) {
      throw stage.refused("say its window, such as %s(2)".formatted(stage.name()));
    }
    Integer second = stage.count(1, 1);
    int stride = second == null ? stage.count("stride", 1, size) : second;
    if (framework.equals("flax") && second == null && !stage.options().containsKey("stride")) {
      throw stage.refused("say its stride, which is 1 in Flax where its code gives none");
    }
    int dilation = stage.count("dilation", 1, 1);
    String padding = stage.options().getOrDefault("padding", "0").toLowerCase(Locale.ROOT);
    if (padding.equals("same") && !framework.equals("pytorch")) {
      flow.add(
          new TensorOperation.Pool1d(
              new Window(size, stride, dilation, Window.Padding.SAME, 0, 0), isMaximum));
      return;
    }
    int around = padding.equals("valid") ? 0 : stage.count("padding", 0, 0);
    if (2 * around > size) {
      throw stage.refused("pads more than half of its window");
    }
    boolean countsZeros =
        !isMaximum && !stage.options().getOrDefault("count_include_pad", "true").equals("false");
    if (countsZeros && around > 0) {
      flow.add(new ShapeOperation.Pad(around, around));
      around = 0;
    }
    flow.add(
        new TensorOperation.Pool1d(
            new Window(size, stride, dilation, Window.Padding.EXPLICIT, around, around),
            isMaximum));
  }

  private void repeat(Stage stage) throws ImportException {
    stage.allow(1, Set.of());
    Integer steps = stage.count(0, 1);
    if (steps == null) {
      throw stage.refused("say how many steps, such as repeat(30)");
    }
    if (flow.isSequence()) {
      throw stage.refused("repeats one vector, so last, final_state or mean stands before it");
    }
    flow.add(new ShapeOperation.Repeat(steps));
  }

  private void reduce(Stage stage, String name) throws ImportException {
    boolean isPool = name.startsWith("adaptive");
    stage.allow(1, isPool ? Set.of() : Set.of("dim", "axis"));
    requireSequence(stage);
    if (isPool) {
      axes.requireChannels(stage, true);
      if (!Integer.valueOf(1).equals(stage.count(0, 1))) {
        throw stage.refused("only to one step: %s(1)".formatted(stage.name()));
      }
    } else {
      axes.requireSteps(stage, stage.number(stage.options().containsKey("axis") ? "axis" : "dim"));
    }
    flow.add(new TensorOperation.Reduce(reduction(name), Set.of(0), false));
    axes.forget();
  }

  private static Reduction reduction(String name) {
    return REDUCTIONS.getOrDefault(name, Reduction.MEAN);
  }

  /** All features of all steps in one vector, in the order in which the framework has them. */
  private void flatten(Stage stage, @Nullable Integer next) throws ImportException {
    stage.allow(1, Set.of("start_dim"));
    if (!flow.isSequence()) {
      return;
    }
    boolean featuresFirst = axes.areFeaturesFirst(stage);
    if (flow.isOpen()) {
      fixSteps(stage, next);
    }
    if (featuresFirst) {
      flow.add(new ShapeOperation.Permute(List.of(1, 0)));
    }
    flow.add(ShapeOperation.Reshape.flatten());
    axes.forget();
  }

  /** What reads the vector tells how many steps it is of. */
  private void fixSteps(Stage stage, @Nullable Integer next) throws ImportException {
    if (next == null || next % flow.width() != 0) {
      throw stage.refused(
          "of %s, which no dense layer of so many features follows; say the input's steps by"
                  .formatted(flow.shape())
              + " \"steps(n)\" in front");
    }
    List<Integer> fitting = flow.stepsFor(next / flow.width());
    if (fitting.size() != 1) {
      throw stage.refused(
          "%d features are those of inputs of %s steps; say which by \"steps(n)\" in front"
              .formatted(next, fitting.isEmpty() ? "no number of" : fitting));
    }
    flow.fix(fitting.get(0));
  }

  private void pad(Stage stage, boolean isCrop) throws ImportException {
    requireSequence(stage);
    stage.allow(2, Set.of());
    Integer before = stage.count(0, 0);
    Integer after = stage.count(1, 0);
    if (before == null || after == null) {
      throw stage.refused(
          "say how many steps in front and behind: %s(2, 0)".formatted(stage.name()));
    }
    if (isCrop) {
      flow.add(new ShapeOperation.Slice(0, before, after == 0 ? null : -after, false));
    } else {
      flow.add(new ShapeOperation.Pad(before, after));
    }
  }

  /** A norm of channels without weights. */
  private void norm(Stage stage, boolean isOfInstance) throws ImportException {
    stage.allow(1, Set.of("epsilon", "eps", "groups"));
    axes.requireChannels(stage, flow.isSequence());
    int width = flow.width();
    Integer first = isOfInstance ? Integer.valueOf(width) : stage.count(0, 1);
    int groups = first == null ? stage.count("groups", 1, 0) : first;
    if (groups == 0 || width % groups != 0) {
      throw stage.refused("say its groups, which part %d features".formatted(width));
    }
    if (isOfInstance && !flow.isSequence()) {
      throw stage.refused("works on steps, and the stages before it leave none");
    }
    String key = stage.options().containsKey("eps") ? "eps" : "epsilon";
    Float epsilon = stage.options().containsKey(key) ? stage.number(key) : null;
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    flow.add(
        new TensorOperation.GroupNorm(
            groups, epsilon == null ? ForwardNetwork.EPSILON : epsilon, ones, new float[width]));
  }
}
