package dev.keepgate.importer.framework.tensorflow;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.RecurrentCells;
import dev.keepgate.importer.framework.TensorConvention;
import dev.keepgate.importer.framework.forward.Module;
import dev.keepgate.importer.framework.forward.Modules;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Variables of TensorFlow 1's {@code BasicLSTMCell}, {@code LSTMCell}, {@code LSTMBlockCell},
 * {@code LSTMBlockFusedCell} and {@code CudnnLSTM}, {@code GRUCell} and its kin, and {@code
 * BasicRNNCell}, alone, stacked by {@code MultiRNNCell}, in both directions, or stacks of both
 * directions.
 *
 * <p>The forget bias is added when the graph runs and is not part of the variables: 1.0, or 0.0 for
 * cuDNN's, unless the configuration says otherwise.
 */
public final class TensorFlow1Convention implements TensorConvention {

  private static final Pattern KERNEL =
      Pattern.compile(
          "(?<scope>(?:[^/]+/)*?)"
              + "(?:(?:stack_bidirectional_rnn/)?cell_(?<level>\\d{1,4})/bidirectional_rnn/)?"
              + "(?:(?:bidirectional_rnn/)?(?<direction>fw|bw)/)?"
              + "(?:(?:rnn/)?multi_rnn_cell/cell_(?<layer>\\d{1,4})/)?"
              + "(?:(?<cell>basic_lstm_cell|lstm_cell|lstm_fused_cell|lstm_block_wrapper"
              + "|lstm_block_cell|cudnn_compatible_lstm_cell|basic_rnn_cell)(?:_\\d+)?/"
              + "(?:kernel|weights)"
              + "|(?<gru>gru_cell|cudnn_compatible_gru_cell)(?:_\\d+)?/"
              + "(?:gates/(?:kernel|weights)|w_ru))(?::0)?");

  private static final String OPAQUE = "opaque_kernel";

  /** The kernels of one LSTM by layer. */
  private record Stack(
      NavigableMap<Integer, String> forward, NavigableMap<Integer, String> backward) {
    Stack() {
      this(new TreeMap<>(), new TreeMap<>());
    }

    List<String> kernels() {
      return Stream.of(forward, backward).flatMap(cells -> cells.values().stream()).toList();
    }
  }

  @Override
  public boolean recognizes(Collection<TensorInfo> tensors) {
    return tensors.stream()
        .map(TensorInfo::name)
        .anyMatch(name -> name.endsWith(OPAQUE) || KERNEL.matcher(name).matches());
  }

  @Override
  public Modules modules(NamedTensors tensors, ImportConfig config) throws ImportException {
    List<Module> modules = new ArrayList<>();
    for (Map.Entry<String, Stack> each :
        stacks(tensors.all().stream().map(TensorInfo::name).toList()).entrySet()) {
      modules.add(module(tensors, each.getKey(), each.getValue(), config));
    }
    modules.addAll(VariableNames.outerModules(tensors, modules));
    List<String> assumed = new ArrayList<>();
    if (config.forgetBias() == null) {
      assumed.add(
          "the forget bias, which the variables do not have, is 1, and 0 for cuDNN's cells");
    }
    if (config.activation() == null && config.recurrentActivation() == null) {
      assumed.add(VariableNames.ACTIVATIONS);
    }
    return new Modules("tensorflow", Summary.LAST_STEP, false, modules, assumed);
  }

  private static Module module(NamedTensors tensors, String scope, Stack stack, ImportConfig config)
      throws ImportException {
    Map.Entry<Integer, String> last = stack.forward().lastEntry();
    if (last == null) {
      throw ImportException.unsupported(scope, "there is no cell for the forward direction");
    }
    String first = stack.forward().firstEntry().getValue();
    boolean both =
        !stack.backward().isEmpty()
            && Objects.requireNonNullElse(config.bidirectionalMerge(), Merge.CONCAT)
                == Merge.CONCAT;
    int width = widths(tensors, last.getValue(), config).output();
    return new Module(
        scope.replaceAll("/$", ""),
        Module.Kind.RECURRENT,
        widths(tensors, first, config).input(),
        both ? 2 * width : width,
        VariableNames.below(tensors, stack.kernels()),
        options -> readLayers(tensors, stack, options.of(config)));
  }

  private static Map<String, Stack> stacks(Collection<String> names) throws ImportException {
    Map<String, Stack> stacks = new LinkedHashMap<>();
    for (String name : names) {
      Matcher kernel = KERNEL.matcher(name);
      if (!kernel.matches()) {
        continue;
      }
      if (kernel.group("level") != null && kernel.group("layer") != null) {
        throw ImportException.unsupported(name, "a stack inside a stack is not read");
      }
      String number = kernel.group(kernel.group("level") != null ? "level" : "layer");
      Stack stack =
          stacks.computeIfAbsent(String.valueOf(kernel.group("scope")), scope -> new Stack());
      Map<Integer, String> cells =
          "bw".equals(kernel.group("direction")) ? stack.backward() : stack.forward();
      String other = cells.put(number == null ? 0 : Integer.parseInt(number), name);
      if (other != null) {
        throw ImportException.unsupported(
            name, "is the same layer as '%s'; how they are joined is not known".formatted(other));
      }
      boolean opposed = kernel.group("direction") != null && kernel.group("layer") != null;
      if (opposed && !stack.backward().isEmpty() && stack.forward().size() > 1) {
        throw ImportException.unsupported(
            name, "two stacks that run in opposite directions and meet only at the top");
      }
    }
    for (String name : names) {
      if (stacks.isEmpty() && name.endsWith(OPAQUE)) {
        throw ImportException.unsupported(
            name,
            "the layout of cuDNN's own buffer is its secret; a tf.train.Saver over the CudnnLSTM"
                + " layer saves it as cudnn_compatible_lstm_cell variables, which are read");
      }
    }
    return stacks;
  }

  private static List<Layer> readLayers(NamedTensors tensors, Stack stack, ImportConfig config)
      throws IOException, ImportException {
    List<Layer> layers = new ArrayList<>();
    boolean both = !stack.backward().isEmpty();
    for (int k = 0; k < stack.forward().size() || k < stack.backward().size(); k++) {
      String forward = stack.forward().get(k);
      String backward = stack.backward().get(k);
      if (forward == null || (both && backward == null)) {
        throw ImportException.unsupported(
            "cell_" + k, "this cell is missing between or beside others");
      }
      layers.add(
          RecurrentCells.layer(
              readCell(tensors, forward, config),
              backward == null ? null : readCell(tensors, backward, config),
              config));
    }
    return layers;
  }

  /** What a cell takes and gives, told by the shapes of its variables alone. */
  private static VariableNames.Widths widths(
      NamedTensors tensors, String kernel, ImportConfig config) throws ImportException {
    Matcher name = KERNEL.matcher(kernel);
    if (name.matches() && name.group("gru") != null) {
      return TensorFlow1Gru.widths(tensors, kernel, 2);
    }
    if (name.matches() && "basic_rnn_cell".equals(name.group("cell"))) {
      return TensorFlow1Gru.widths(tensors, kernel, 1);
    }
    CellConfig cell = new TensorFlow1Cell(tensors, kernel, config).readConfig();
    return new VariableNames.Widths(cell.inputSize(), cell.outputSize());
  }

  /** The cell of a kernel, whose name tells its kind. */
  private static Cell readCell(NamedTensors tensors, String kernel, ImportConfig config)
      throws IOException, ImportException {
    Matcher name = KERNEL.matcher(kernel);
    if (name.matches() && name.group("gru") != null) {
      return new TensorFlow1Gru(tensors, kernel, config).read();
    }
    return name.matches() && "basic_rnn_cell".equals(name.group("cell"))
        ? TensorFlow1Gru.readSimple(tensors, kernel, config)
        : new TensorFlow1Cell(tensors, kernel, config).read().lstm();
  }
}
