package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.LstmCell;
import java.io.IOException;

/** Reads the cells of LSTM layers. */
final class KerasCells {

  private static final int MAX_UNITS = 1 << 28;

  private final KerasVersion version;

  KerasCells(KerasVersion version) {
    this.version = version;
  }

  /** A cell and its numbers. */
  record Cell(CellConfig config, CellWeights weights) {
    LstmCell lstm() {
      return new LstmCell(config, weights);
    }
  }

  /**
   * Reads the next cell.
   *
   * @param layer an LSTM, CuDNNLSTM or LSTMCell
   * @param part where its variables are
   */
  Cell read(KerasLayer layer, KerasWeights.OfLayer weights, String part)
      throws IOException, ImportException {
    int units = layer.size("units");
    int[] shape = weights.nextShape(part, 0);
    if (shape.length != 2 || shape[0] < 1 || units > MAX_UNITS) {
      throw layer.unsupported(
          "units", "%d do not fit a kernel of %d dimensions".formatted(units, shape.length));
    }
    return layer.className().equals("CuDNNLSTM")
        ? readCudnn(weights, part, shape[0], units)
        : readPlain(layer, weights, part, shape[0], units);
  }

  private Cell readPlain(
      KerasLayer layer, KerasWeights.OfLayer weights, String part, int inputs, int units)
      throws IOException, ImportException {
    Activation activation = KerasActivations.of(layer, "activation", version, Activation.TANH);
    Activation recurrent =
        KerasActivations.of(layer, "recurrent_activation", version, version.recurrentActivation());
    if (activation.kind().isOfRow() || recurrent.kind().isOfRow()) {
      throw layer.unsupported("activation", "softmax is no activation of a cell here");
    }
    float[] kernel =
        GateBlocks.fromColumns(
            weights.next(part, 0, inputs, 4 * units), 0, inputs, units, GateOrder.IFGO);
    float[] recurrentKernel =
        GateBlocks.fromColumns(
            weights.next(part, 1, units, 4 * units), 0, units, units, GateOrder.IFGO);
    float[] bias =
        layer.flag("use_bias", true)
            ? GateBlocks.fromVector(weights.next(part, 2, 4 * units), units, GateOrder.IFGO)
            : new float[4 * units];
    return new Cell(
        CellConfig.builder(inputs, units)
            .activation(activation)
            .cellActivation(activation)
            .recurrentActivation(recurrent)
            .build(),
        new CellWeights(kernel, recurrentKernel, bias, null, null));
  }

  /**
   * cuDNN's layout of the same numbers: each gate's kernel transposed, and two biases; as {@code
   * _convert_rnn_weights} of Keras 2 turns it.
   */
  private static Cell readCudnn(KerasWeights.OfLayer weights, String part, int inputs, int units)
      throws IOException, ImportException {
    float[] kernel = regroup(weights.next(part, 0, inputs, 4 * units), inputs, units);
    float[] recurrent = regroup(weights.next(part, 1, units, 4 * units), units, units);
    float[] both = weights.next(part, 2, 8 * units);
    float[] bias = new float[4 * units];
    for (int i = 0; i < bias.length; i++) {
      bias[i] = both[i] + both[bias.length + i];
    }
    return new Cell(
        CellConfig.builder(inputs, units).build(),
        new CellWeights(
            kernel, recurrent, GateBlocks.fromVector(bias, units, GateOrder.IFGO), null, null));
  }

  /** Each gate's [rows, units] block holds, row after row, a [units, rows] matrix. */
  private static float[] regroup(float[] source, int rows, int units) {
    float[] target = new float[source.length];
    for (int gate = 0; gate < 4; gate++) {
      int from = GateOrder.IFGO.blockOf(gate);
      for (int i = 0; i < rows * units; i++) {
        int unit = i / rows;
        int row = i % rows;
        target[row * 4 * units + gate * units + unit] =
            source[i / units * 4 * units + from * units + i % units];
      }
    }
    return target;
  }
}
