package dev.keepgate.importer.pytorch;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.tensor.GateBlocks;
import dev.keepgate.importer.tensor.TensorInfo;
import dev.keepgate.importer.tensor.Tensors;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.Merge;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The layers of one {@code nn.LSTM}, bottom up; or the one cell of an {@code nn.LSTMCell}. */
final class PytorchLayers {

  private final Tensors tensors;
  private final String prefix;
  private final ImportConfig config;
  private final GateOrder order;

  private record Cell(CellConfig config, CellWeights weights) {}

  PytorchLayers(Tensors tensors, String prefix, ImportConfig config) {
    this.tensors = tensors;
    this.prefix = prefix;
    this.config = config;
    this.order = Objects.requireNonNullElse(config.gateOrder(), GateOrder.IFGO);
  }

  List<LayerWeights> read() throws IOException, ImportException {
    List<LayerWeights> layers = new ArrayList<>();
    if (tensors.has(prefix + "weight_ih")) {
      Cell cell = readCell("");
      return List.of(
          new LayerWeights.Lstm(LayerConfig.Lstm.of(cell.config()), cell.weights(), null));
    }
    for (int k = 0; tensors.has(prefix + "weight_ih_l" + k); k++) {
      layers.add(readLayer("_l" + k));
      if (k > 0) {
        int below = layers.get(k - 1).config().outputSize();
        int input = layers.get(k).config().inputSize();
        if (below != input) {
          throw ImportException.unsupported(
              prefix + "weight_ih_l" + k,
              "takes %d features, the layer below gives %d".formatted(input, below));
        }
      }
    }
    return layers;
  }

  private LayerWeights readLayer(String suffix) throws IOException, ImportException {
    Cell forward = readCell(suffix);
    if (!tensors.has(prefix + "weight_ih" + suffix + "_reverse")) {
      return new LayerWeights.Lstm(LayerConfig.Lstm.of(forward.config()), forward.weights(), null);
    }
    Cell backward = readCell(suffix + "_reverse");
    Merge merge = Objects.requireNonNullElse(config.bidirectionalMerge(), Merge.CONCAT);
    return new LayerWeights.Lstm(
        new LayerConfig.Lstm(forward.config(), backward.config(), merge, false, false),
        forward.weights(),
        backward.weights());
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
      if (projection.shape().length != 2 || projection.count() == 0) {
        throw ImportException.unsupported(
            projectionName,
            "expected shape [projection, %d], got %s".formatted(hidden, projection));
      }
      projected = projection.shape()[0];
    }
    CellConfig cell =
        CellConfig.builder(input, hidden)
            .projectionSize(projected)
            .forgetBias(Objects.requireNonNullElse(config.forgetBias(), 0f))
            .cellClip(Objects.requireNonNullElse(config.cellClip(), CellConfig.NO_CLIP))
            .projectionClip(Objects.requireNonNullElse(config.projectionClip(), CellConfig.NO_CLIP))
            .activation(Objects.requireNonNullElse(config.activation(), Activation.TANH))
            .cellActivation(Objects.requireNonNullElse(config.activation(), Activation.TANH))
            .recurrentActivation(
                Objects.requireNonNullElse(config.recurrentActivation(), Activation.SIGMOID))
            .build();
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
    for (String name : List.of(prefix + "bias_ih" + suffix, prefix + "bias_hh" + suffix)) {
      if (tensors.has(name)) {
        float[] part = GateBlocks.fromVector(tensors.read(name, 4 * hidden), hidden, order);
        for (int i = 0; i < bias.length; i++) {
          bias[i] += part[i];
        }
      }
    }
    for (int i = hidden; i < 2 * hidden; i++) {
      bias[i] += forgetBias;
    }
    return bias;
  }
}
