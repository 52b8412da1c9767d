package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.GruOrder;
import dev.keepgate.importer.framework.RecurrentCells;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.GruConfig;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.RnnCell;
import dev.keepgate.model.RnnConfig;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;

/** Reads the cells of recurrent layers. */
final class KerasCells {

  private static final int MAX_UNITS = 1 << 28;

  private static final Set<String> LAYERS =
      Set.of("LSTM", "CuDNNLSTM", "GRU", "CuDNNGRU", "SimpleRNN");

  private static final Set<String> CELLS = Set.of("LSTMCell", "GRUCell", "SimpleRNNCell");

  private final KerasVersion version;

  KerasCells(KerasVersion version) {
    this.version = version;
  }

  /** Whether a layer of this class is recurrent and has one cell of its own. */
  static boolean isLayer(String className) {
    return LAYERS.contains(className);
  }

  /** Whether it is a cell, which an RNN layer takes. */
  static boolean isCell(String className) {
    return CELLS.contains(className);
  }

  /**
   * Reads the next cell.
   *
   * @param layer a layer of one cell, or the cell of another
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
    return switch (layer.className()) {
      case "CuDNNLSTM" -> readCudnn(weights, part, shape[0], units);
      case "GRU", "GRUCell" -> readGru(layer, weights, part, shape[0], units);
      case "CuDNNGRU" -> readCudnnGru(weights, part, shape[0], units);
      case "SimpleRNN", "SimpleRNNCell" -> readSimple(layer, weights, part, shape[0], units);
      default -> readPlain(layer, weights, part, shape[0], units);
    };
  }

  /**
   * Files that are older than {@code reset_after} have the form before it. That form has one bias,
   * the other two: [2, 3 * units].
   */
  private Cell readGru(
      KerasLayer layer, KerasWeights.OfLayer weights, String part, int inputs, int units)
      throws IOException, ImportException {
    int width = GruCell.BLOCKS * units;
    boolean resetAfter = layer.flag("reset_after");
    GruConfig config =
        new GruConfig(
            inputs,
            units,
            resetAfter,
            CellConfig.NO_CLIP,
            ofCell(layer, "recurrent_activation", version.recurrentActivation()),
            ofCell(layer, "activation", Activation.TANH));
    float[] kernel = weights.next(part, 0, inputs, width);
    float[] recurrent = weights.next(part, 1, units, width);
    float[] biases = new float[2 * width];
    if (layer.flag("use_bias", true)) {
      float[] stored = resetAfter ? weights.next(part, 2, 2, width) : weights.next(part, 2, width);
      System.arraycopy(stored, 0, biases, 0, stored.length);
    }
    return gru(config, kernel, recurrent, biases);
  }

  /**
   * @param biases the input's, then the recurrent one
   */
  private static Cell gru(GruConfig config, float[] kernel, float[] recurrent, float[] biases) {
    int width = biases.length / 2;
    return RecurrentCells.gru(
        config,
        kernel,
        recurrent,
        Arrays.copyOf(biases, width),
        Arrays.copyOfRange(biases, width, biases.length));
  }

  private static Cell readCudnnGru(KerasWeights.OfLayer weights, String part, int inputs, int units)
      throws IOException, ImportException {
    int[] order = GruOrder.ZRN.blocks();
    int width = order.length * units;
    return gru(
        GruConfig.plain(inputs, units, true),
        regroup(weights.next(part, 0, inputs, width), inputs, units, order),
        regroup(weights.next(part, 1, units, width), units, units, order),
        weights.next(part, 2, 2 * width));
  }

  private Cell readSimple(
      KerasLayer layer, KerasWeights.OfLayer weights, String part, int inputs, int units)
      throws IOException, ImportException {
    RnnConfig config =
        new RnnConfig(
            inputs, units, CellConfig.NO_CLIP, ofCell(layer, "activation", Activation.TANH));
    float[] kernel = weights.next(part, 0, inputs, units);
    float[] recurrent = weights.next(part, 1, units, units);
    return new RnnCell(
        config,
        kernel,
        recurrent,
        layer.flag("use_bias", true) ? weights.next(part, 2, units) : new float[units]);
  }

  private Activation ofCell(KerasLayer layer, String field, Activation otherwise)
      throws ImportException {
    Activation activation = KerasActivations.of(layer, field, version, otherwise);
    if (activation.kind().isOfRow()) {
      throw layer.unsupported(field, "softmax is no activation of a cell here");
    }
    return activation;
  }

  private Cell readPlain(
      KerasLayer layer, KerasWeights.OfLayer weights, String part, int inputs, int units)
      throws IOException, ImportException {
    Activation activation = ofCell(layer, "activation", Activation.TANH);
    Activation recurrent = ofCell(layer, "recurrent_activation", version.recurrentActivation());
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
    return new LstmCell(
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
    int[] order = {0, 1, 3, 2};
    float[] kernel = regroup(weights.next(part, 0, inputs, 4 * units), inputs, units, order);
    float[] recurrent = regroup(weights.next(part, 1, units, 4 * units), units, units, order);
    float[] both = weights.next(part, 2, 8 * units);
    float[] bias = new float[4 * units];
    for (int i = 0; i < bias.length; i++) {
      bias[i] = both[i] + both[bias.length + i];
    }
    return new LstmCell(
        CellConfig.builder(inputs, units).build(),
        new CellWeights(
            kernel, recurrent, GateBlocks.fromVector(bias, units, GateOrder.IFGO), null, null));
  }

  /**
   * Each gate's [rows, units] block holds, row after row, a [units, rows] matrix.
   *
   * @param blocks where each of our gates lies
   */
  private static float[] regroup(float[] source, int rows, int units, int[] blocks) {
    float[] target = new float[source.length];
    int width = blocks.length * units;
    for (int gate = 0; gate < blocks.length; gate++) {
      for (int i = 0; i < rows * units; i++) {
        int unit = i / rows;
        int row = i % rows;
        target[row * width + gate * units + unit] =
            source[i / units * width + blocks[gate] * units + i % units];
      }
    }
    return target;
  }
}
