package dev.keepgate.importer.framework.tensorflow;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.Cell;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.TensorConvention;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Variables of TensorFlow 1's {@code BasicLSTMCell}, {@code LSTMCell}, {@code LSTMBlockCell},
 * {@code LSTMBlockFusedCell} and {@code CudnnLSTM}, alone, stacked by {@code MultiRNNCell}, in both
 * directions, or stacks of both directions.
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
              + "(?<cell>basic_lstm_cell|lstm_cell|lstm_fused_cell|lstm_block_wrapper"
              + "|lstm_block_cell|cudnn_compatible_lstm_cell)(?:_\\d+)?/"
              + "(?:kernel|weights)(?::0)?");

  private static final String OPAQUE = "opaque_kernel";

  /** The kernels of one LSTM by layer. */
  private record Stack(Map<Integer, String> forward, Map<Integer, String> backward) {
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
  public ImportedModel read(TensorFile file, ImportConfig config)
      throws IOException, ImportException {
    NamedTensors tensors = new NamedTensors(file);
    Map<String, Stack> stacks = stacks(file.tensors().keySet());
    Map<String, List<String>> kernels = new LinkedHashMap<>();
    stacks.forEach((scope, stack) -> kernels.put(scope, stack.kernels()));
    Stack stack =
        Objects.requireNonNull(stacks.get(VariableNames.choose(config.prefix(), kernels)));
    List<Layer> layers = readLayers(tensors, stack, config);
    return new ImportedModel(
        Network.chain(
            "tensorflow",
            VariableNames.outerLayers(tensors, config).around(layers),
            Objects.requireNonNullElse(config.returnSequences(), true),
            Summary.LAST_STEP),
        tensors.unused());
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
      Cell cell = new TensorFlow1Cell(tensors, forward, config).read();
      layers.add(
          backward == null
              ? cell.layer()
              : cell.layer(new TensorFlow1Cell(tensors, backward, config).read(), config));
    }
    return layers;
  }
}
