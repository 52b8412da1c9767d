package dev.keepgate.importer.framework.pytorch;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.GruOrder;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.RecurrentCells;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Merge;
import dev.keepgate.model.RnnCell;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The layers of one {@code nn.LSTM}, {@code nn.GRU} or {@code nn.RNN}, bottom up; or the one cell
 * of an {@code nn.LSTMCell} or the like.
 */
final class PytorchLayers {

  private final NamedTensors tensors;
  private final String prefix;
  private final ImportConfig config;
  private final GateOrder order;

  PytorchLayers(NamedTensors tensors, String prefix, ImportConfig config) {
    this.tensors = tensors;
    this.prefix = prefix;
    this.config = config;
    this.order = Objects.requireNonNullElse(config.gateOrder(), GateOrder.IFGO);
  }

  /** Whether the first of its weights are there. */
  boolean isWhole() {
    return tensors.has(prefix + "weight_ih") || tensors.has(prefix + "weight_ih_l0");
  }

  /** Width of what its first layer takes. */
  int inputSize() throws ImportException {
    String name = prefix + "weight_ih" + (tensors.has(prefix + "weight_ih") ? "" : "_l0");
    return columns(name);
  }

  /** Width of what its last layer gives, which its weights read again at the next step. */
  int outputSize() throws ImportException {
    if (tensors.has(prefix + "weight_ih")) {
      return columns(prefix + "weight_hh");
    }
    int last = 0;
    while (tensors.has(prefix + "weight_ih_l" + (last + 1))) {
      last++;
    }
    String suffix = "_l" + last;
    boolean both =
        tensors.has(prefix + "weight_ih" + suffix + "_reverse")
            && Objects.requireNonNullElse(config.bidirectionalMerge(), Merge.CONCAT)
                == Merge.CONCAT;
    return columns(prefix + "weight_hh" + suffix) * (both ? 2 : 1);
  }

  private int columns(String name) throws ImportException {
    TensorInfo kernel = tensors.get(name);
    if (kernel.shape().length != 2) {
      throw ImportException.unsupported(name, "expected two dimensions, got " + kernel);
    }
    return kernel.shape()[1];
  }

  List<Layer> read() throws IOException, ImportException {
    if (tensors.has(prefix + "weight_ih")) {
      return List.of(Layer.Recurrent.of(readCell("")));
    }
    List<Layer> layers = new ArrayList<>();
    for (int k = 0; tensors.has(prefix + "weight_ih_l" + k); k++) {
      boolean both = tensors.has(prefix + "weight_ih_l" + k + "_reverse");
      layers.add(
          RecurrentCells.layer(
              readCell("_l" + k), both ? readCell("_l" + k + "_reverse") : null, config));
    }
    checkComplete(layers.size());
    return layers;
  }

  /** A file that lost a layer must not be served as if it ended there. */
  private void checkComplete(int layers) throws ImportException {
    for (String name : tensors.unused()) {
      if (name.startsWith(prefix + "weight_ih_l")) {
        throw ImportException.unsupported(
            name, "belongs to none of the %d layers before it".formatted(layers));
      }
    }
  }

  /**
   * The recurrent kernel tells the kind: h is as wide as each of its gates, but for a projection.
   */
  private Cell readCell(String suffix) throws IOException, ImportException {
    TensorInfo recurrent = tensors.get(prefix + "weight_hh" + suffix);
    int[] shape = recurrent.shape();
    boolean isProjected = tensors.has(prefix + "weight_hr" + suffix);
    if (!isProjected && shape.length == 2 && recurrent.count() > 0) {
      if (shape[0] == GruCell.BLOCKS * (long) shape[1]) {
        return readGru(suffix, shape[1]);
      }
      if (shape[0] == shape[1]) {
        return readRnn(suffix, shape[1]);
      }
    }
    return readLstm(suffix);
  }

  private Cell readGru(String suffix, int hidden) throws IOException, ImportException {
    int input = inputSize(suffix, GruCell.BLOCKS * hidden);
    int[] blocks = GruOrder.RZN.blocks();
    return RecurrentCells.gru(
        RecurrentCells.gru(config, input, hidden, true),
        kernel("weight_ih" + suffix, input, hidden, blocks),
        kernel("weight_hh" + suffix, hidden, hidden, blocks),
        bias("bias_ih" + suffix, suffix, hidden, blocks),
        bias("bias_hh" + suffix, suffix, hidden, blocks));
  }

  private Cell readRnn(String suffix, int hidden) throws IOException, ImportException {
    int input = inputSize(suffix, hidden);
    int[] one = {0};
    float[] bias = bias("bias_ih" + suffix, suffix, hidden, one);
    float[] other = bias("bias_hh" + suffix, suffix, hidden, one);
    for (int i = 0; i < hidden; i++) {
      bias[i] += other[i];
    }
    return new RnnCell(
        RecurrentCells.rnn(config, input, hidden),
        kernel("weight_ih" + suffix, input, hidden, one),
        kernel("weight_hh" + suffix, hidden, hidden, one),
        bias);
  }

  /**
   * @param rows of the input's kernel
   */
  private int inputSize(String suffix, int rows) throws ImportException {
    TensorInfo kernel = tensors.get(prefix + "weight_ih" + suffix);
    if (kernel.shape().length != 2 || kernel.shape()[0] != rows || kernel.count() == 0) {
      throw ImportException.unsupported(
          kernel.name(), "expected shape [%d, input], got %s".formatted(rows, kernel));
    }
    return kernel.shape()[1];
  }

  private float[] kernel(String name, int columns, int hidden, int[] blocks)
      throws IOException, ImportException {
    float[] stored = tensors.read(prefix + name, blocks.length * hidden, columns);
    return GateBlocks.fromRows(stored, columns, hidden, blocks);
  }

  /** One of the two biases; zero where the cell has neither. */
  private float[] bias(String name, String suffix, int hidden, int[] blocks)
      throws IOException, ImportException {
    boolean isThere =
        tensors.has(prefix + "bias_ih" + suffix) || tensors.has(prefix + "bias_hh" + suffix);
    return isThere
        ? GateBlocks.fromVector(tensors.read(prefix + name, blocks.length * hidden), hidden, blocks)
        : new float[blocks.length * hidden];
  }

  private Cell readLstm(String suffix) throws IOException, ImportException {
    String name = prefix + "weight_ih" + suffix;
    TensorInfo kernel = tensors.get(name);
    if (kernel.shape().length != 2 || kernel.shape()[0] % 4 != 0 || kernel.count() == 0) {
      throw ImportException.unsupported(name, "expected shape [4 * hidden, input], got " + kernel);
    }
    int hidden = kernel.shape()[0] / 4;
    int input = kernel.shape()[1];
    String projectionName = prefix + "weight_hr" + suffix;
    TensorInfo projection = tensors.find(projectionName);
    int projected = 0;
    if (projection != null) {
      if (projection.shape().length != 2
          || projection.count() == 0
          || projection.shape()[0] >= hidden) {
        throw ImportException.unsupported(
            projectionName,
            "expected shape [less than %d, %d], got %s".formatted(hidden, hidden, projection));
      }
      projected = projection.shape()[0];
    }
    CellConfig cell =
        dev.keepgate.importer.framework.Cell.builder(config, input, hidden, 0)
            .projectionSize(projected)
            .build();
    int out = cell.outputSize();
    return new LstmCell(
        cell,
        new CellWeights(
            GateBlocks.fromRows(tensors.read(name, 4 * hidden, input), input, hidden, order),
            GateBlocks.fromRows(
                tensors.read(prefix + "weight_hh" + suffix, 4 * hidden, out), out, hidden, order),
            readBias(suffix, hidden, cell.forgetBias()),
            null,
            projected == 0
                ? null
                : GateBlocks.transpose(
                    tensors.read(projectionName, projected, hidden), projected, hidden)));
  }

  /** PyTorch has two biases, which are added; or none. */
  private float[] readBias(String suffix, int hidden, float forgetBias)
      throws IOException, ImportException {
    float[] bias = new float[4 * hidden];
    List<String> both = List.of(prefix + "bias_ih" + suffix, prefix + "bias_hh" + suffix);
    if (both.stream().anyMatch(tensors::has)) {
      for (String name : both) {
        float[] part = GateBlocks.fromVector(tensors.read(name, 4 * hidden), hidden, order);
        for (int i = 0; i < bias.length; i++) {
          bias[i] += part[i];
        }
      }
    }
    GateBlocks.addForgetBias(bias, hidden, forgetBias);
    return bias;
  }
}
