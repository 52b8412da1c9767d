package dev.keepgate.importer.framework.pytorch;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.Cell;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The layers of one {@code nn.LSTM}, bottom up; or the one cell of an {@code nn.LSTMCell}. */
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
      return List.of(readCell("").layer());
    }
    List<Layer> layers = new ArrayList<>();
    for (int k = 0; tensors.has(prefix + "weight_ih_l" + k); k++) {
      Cell forward = readCell("_l" + k);
      layers.add(
          tensors.has(prefix + "weight_ih_l" + k + "_reverse")
              ? forward.layer(readCell("_l" + k + "_reverse"), config)
              : forward.layer());
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

  private Cell readCell(String suffix) throws IOException, ImportException {
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
    CellConfig cell = Cell.builder(config, input, hidden, 0).projectionSize(projected).build();
    int out = cell.outputSize();
    return new Cell(
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
