package dev.keepgate.importer.tensorflow;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.tensor.GateBlocks;
import dev.keepgate.importer.tensor.TensorConvention;
import dev.keepgate.importer.tensor.TensorFile;
import dev.keepgate.importer.tensor.TensorInfo;
import dev.keepgate.importer.tensor.Tensors;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Variables of TensorFlow 1's {@code BasicLSTMCell} and {@code LSTMCell}, alone, stacked by {@code
 * MultiRNNCell} or in both directions.
 *
 * <p>The forget bias is added when the graph runs and is not part of the variables: 1.0, unless the
 * configuration says otherwise.
 */
public final class TensorFlow1Convention implements TensorConvention {

  private static final Pattern KERNEL =
      Pattern.compile(
          "(?<scope>(?:[^/]+/)*?)(?:(?<direction>fw|bw)/)?(?:multi_rnn_cell/cell_(?<layer>\\d+)/)?"
              + "(?:basic_lstm_cell|lstm_cell|lstm_fused_cell|lstm_block_wrapper|lstm_block_cell)/"
              + "(?:kernel|weights)(?::0)?");
  private static final float FORGET_BIAS = 1;

  private record Cell(CellConfig config, CellWeights weights) {}

  @Override
  public boolean recognizes(Collection<TensorInfo> tensors) {
    return tensors.stream().anyMatch(tensor -> KERNEL.matcher(tensor.name()).matches());
  }

  @Override
  public ImportedModel read(TensorFile file, ImportConfig config)
      throws IOException, ImportException {
    Map<Integer, String> forward = new TreeMap<>();
    Map<Integer, String> backward = new TreeMap<>();
    for (String name : file.tensors().keySet()) {
      Matcher kernel = KERNEL.matcher(name);
      if (kernel.matches() && (config.prefix() == null || name.startsWith(config.prefix()))) {
        int layer = kernel.group("layer") == null ? 0 : Integer.parseInt(kernel.group("layer"));
        Map<Integer, String> cells = "bw".equals(kernel.group("direction")) ? backward : forward;
        String other = cells.put(layer, name);
        if (other != null) {
          throw ImportException.unsupported(
              "prefix",
              "the file has several LSTMs, name one in config: [%s, %s]".formatted(other, name));
        }
      }
    }
    if (forward.isEmpty()) {
      throw ImportException.config(
          "/config/prefix", "no LSTM has the prefix '" + config.prefix() + "'");
    }
    if (!backward.isEmpty() && forward.size() + backward.size() > 2) {
      throw ImportException.unsupported(
          String.valueOf(backward.values().iterator().next()),
          "two stacks that run in opposite directions and meet only at the top are not supported");
    }
    Tensors tensors = new Tensors(file);
    List<LayerWeights> layers = readLayers(tensors, forward, backward.get(0), config);
    return new ImportedModel(
        LstmModel.of(
            "tensorflow",
            layers,
            Objects.requireNonNullElse(config.returnSequences(), true),
            LstmConfig.Summary.LAST_STEP),
        tensors.unused());
  }

  private static List<LayerWeights> readLayers(
      Tensors tensors, Map<Integer, String> forward, @Nullable String backward, ImportConfig config)
      throws IOException, ImportException {
    List<LayerWeights> layers = new ArrayList<>();
    for (int k = 0; k < forward.size(); k++) {
      String kernel = forward.get(k);
      if (kernel == null) {
        throw ImportException.unsupported("cell_" + k, "this cell is missing between others");
      }
      Cell cell = readCell(tensors, kernel, config);
      if (k > 0 && layers.get(k - 1).config().outputSize() != cell.config().inputSize()) {
        throw ImportException.unsupported(
            kernel,
            "takes %d features, the cell below gives %d"
                .formatted(cell.config().inputSize(), layers.get(k - 1).config().outputSize()));
      }
      Cell other = backward == null ? null : readCell(tensors, backward, config);
      layers.add(
          other == null
              ? new LayerWeights.Lstm(LayerConfig.Lstm.of(cell.config()), cell.weights(), null)
              : new LayerWeights.Lstm(
                  LayerConfig.Lstm.bidirectional(cell.config(), other.config()),
                  cell.weights(),
                  other.weights()));
    }
    return layers;
  }

  private static Cell readCell(Tensors tensors, String kernelName, ImportConfig config)
      throws IOException, ImportException {
    String suffix = kernelName.endsWith(":0") ? ":0" : "";
    String scope = kernelName.substring(0, kernelName.lastIndexOf('/') + 1);
    TensorInfo kernel = tensors.get(kernelName);
    if (kernel.shape().length != 2 || kernel.shape()[1] % 4 != 0 || kernel.count() == 0) {
      throw ImportException.unsupported(
          kernelName, "expected shape [input + hidden, 4 * hidden], got " + kernel);
    }
    int hidden = kernel.shape()[1] / 4;
    TensorInfo projection = tensors.find(scope + "projection/kernel" + suffix);
    int projected = projection == null ? 0 : projection.shape()[projection.shape().length - 1];
    int state = projected > 0 ? projected : hidden;
    int input = kernel.shape()[0] - state;
    if (input < 1) {
      throw ImportException.unsupported(
          kernelName, "expected more than %d rows, got %s".formatted(state, kernel));
    }
    boolean peepholes = tensors.has(scope + "w_i_diag" + suffix);
    CellConfig cell =
        CellConfig.builder(input, hidden)
            .projectionSize(projected)
            .peepholes(peepholes)
            .forgetBias(Objects.requireNonNullElse(config.forgetBias(), FORGET_BIAS))
            .cellClip(Objects.requireNonNullElse(config.cellClip(), CellConfig.NO_CLIP))
            .projectionClip(Objects.requireNonNullElse(config.projectionClip(), CellConfig.NO_CLIP))
            .activation(Objects.requireNonNullElse(config.activation(), Activation.TANH))
            .cellActivation(Objects.requireNonNullElse(config.activation(), Activation.TANH))
            .recurrentActivation(
                Objects.requireNonNullElse(config.recurrentActivation(), Activation.SIGMOID))
            .build();
    GateOrder order = Objects.requireNonNullElse(config.gateOrder(), GateOrder.IGFO);
    float[] both = tensors.read(kernelName, input + state, 4 * hidden);
    return new Cell(
        cell,
        new CellWeights(
            GateBlocks.fromColumns(both, 0, input, hidden, order),
            GateBlocks.fromColumns(both, input, state, hidden, order),
            readBias(tensors, scope, suffix, hidden, order, cell.forgetBias()),
            peepholes ? readPeepholes(tensors, scope, suffix, hidden) : null,
            projection == null ? null : tensors.read(projection.name(), hidden, projected)));
  }

  private static float[] readBias(
      Tensors tensors, String scope, String suffix, int hidden, GateOrder order, float forgetBias)
      throws IOException, ImportException {
    String name = scope + (tensors.has(scope + "biases" + suffix) ? "biases" : "bias") + suffix;
    float[] bias = GateBlocks.fromVector(tensors.read(name, 4 * hidden), hidden, order);
    for (int i = hidden; i < 2 * hidden; i++) {
      bias[i] += forgetBias;
    }
    return bias;
  }

  private static float[] readPeepholes(Tensors tensors, String scope, String suffix, int hidden)
      throws IOException, ImportException {
    float[] peepholes = new float[3 * hidden];
    int gate = 0;
    for (String name : List.of("w_i_diag", "w_f_diag", "w_o_diag")) {
      System.arraycopy(
          tensors.read(scope + name + suffix, hidden), 0, peepholes, gate++ * hidden, hidden);
    }
    return peepholes;
  }
}
