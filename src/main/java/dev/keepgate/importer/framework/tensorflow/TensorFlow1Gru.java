package dev.keepgate.importer.framework.tensorflow;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.GruOrder;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.RecurrentCells;
import dev.keepgate.model.Cell;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.RnnCell;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * The variables of one GRU of TensorFlow 1, by the name of its gates' kernel [input + h, 2 *
 * hidden]: the reset gate, then the update gate. The candidate's kernel is [input + h, hidden], and
 * the reset comes before its product; but in cuDNN's form it comes after, and there x and h have a
 * projection each.
 */
final class TensorFlow1Gru {

  private final NamedTensors tensors;
  private final ImportConfig config;
  private final String kernel;
  private final String scope;
  private final String suffix;

  TensorFlow1Gru(NamedTensors tensors, String kernel, ImportConfig config) {
    this.tensors = tensors;
    this.config = config;
    this.kernel = kernel;
    String cell = kernel.substring(0, kernel.lastIndexOf('/'));
    this.scope = cell.replaceFirst("(?:^|(?<=/))gates$", "").replaceFirst("(?<=[^/])$", "/");
    this.suffix = kernel.endsWith(":0") ? ":0" : "";
  }

  Cell read() throws IOException, ImportException {
    TensorInfo gates = matrix(tensors, kernel, 2);
    int hidden = gates.shape()[1] / 2;
    int input = inputSize(gates, hidden);
    boolean resetAfter = scope.contains("cudnn_compatible_gru_cell");
    float[] both = tensors.read(kernel, input + hidden, 2 * hidden);
    float[] bias = Arrays.copyOf(tensors.read(biasOf(kernel), 2 * hidden), GruCell.BLOCKS * hidden);
    float[] resetBias = new float[GruCell.BLOCKS * hidden];
    float[] ofInput;
    float[] ofState;
    if (resetAfter) {
      String x = scope + "candidate/input_projection/kernel" + suffix;
      String h = scope + "candidate/hidden_projection/kernel" + suffix;
      ofInput = tensors.read(x, input, hidden);
      ofState = tensors.read(h, hidden, hidden);
      put(tensors.read(biasOf(x), hidden), bias);
      put(tensors.read(biasOf(h), hidden), resetBias);
    } else {
      String candidate = candidate();
      float[] stored = tensors.read(candidate, input + hidden, hidden);
      ofInput = Arrays.copyOf(stored, input * hidden);
      ofState = Arrays.copyOfRange(stored, input * hidden, stored.length);
      put(tensors.read(biasOf(candidate), hidden), bias);
    }
    return RecurrentCells.gru(
        RecurrentCells.gru(config, input, hidden, resetAfter),
        joined(both, 0, input, ofInput),
        joined(both, input, hidden, ofState),
        inOurOrder(bias, hidden),
        resetBias);
  }

  private String candidate() {
    for (String name : List.of("candidate/weights", "w_c")) {
      if (tensors.has(scope + name + suffix)) {
        return scope + name + suffix;
      }
    }
    return scope + "candidate/kernel" + suffix;
  }

  /** The bias that goes with a kernel, in the words of each release. */
  private static String biasOf(String kernel) {
    return kernel
        .replaceFirst("kernel(:0)?$", "bias$1")
        .replaceFirst("weights(:0)?$", "biases$1")
        .replaceFirst("w_(ru|c)(:0)?$", "b_$1$2");
  }

  /** Some rows of the gates' kernel, with the candidate's beside them. */
  private static float[] joined(float[] gates, int firstRow, int rows, float[] candidate) {
    int hidden = candidate.length / rows;
    float[] joined = new float[rows * GruCell.BLOCKS * hidden];
    for (int row = 0; row < rows; row++) {
      int to = row * GruCell.BLOCKS * hidden;
      int from = (firstRow + row) * 2 * hidden;
      System.arraycopy(gates, from + hidden, joined, to, hidden);
      System.arraycopy(gates, from, joined, to + hidden, hidden);
      System.arraycopy(candidate, row * hidden, joined, to + 2 * hidden, hidden);
    }
    return joined;
  }

  private static float[] inOurOrder(float[] bias, int hidden) {
    return GateBlocks.fromVector(bias, hidden, GruOrder.RZN.blocks());
  }

  /** Puts the candidate's bias behind those of the gates. */
  private static void put(float[] bias, float[] all) {
    System.arraycopy(bias, 0, all, all.length - bias.length, bias.length);
  }

  /**
   * Widths of x and of h.
   *
   * @param blocks how many gates the kernel has
   */
  static VariableNames.Widths widths(NamedTensors tensors, String kernel, int blocks)
      throws ImportException {
    TensorInfo info = matrix(tensors, kernel, blocks);
    int hidden = info.shape()[1] / blocks;
    return new VariableNames.Widths(inputSize(info, hidden), hidden);
  }

  /** A {@code BasicRNNCell}, by the name of its kernel [input + h, hidden]. */
  static Cell readSimple(NamedTensors tensors, String kernel, ImportConfig config)
      throws IOException, ImportException {
    TensorInfo info = matrix(tensors, kernel, 1);
    int hidden = info.shape()[1];
    int input = inputSize(info, hidden);
    float[] both = tensors.read(kernel, input + hidden, hidden);
    return new RnnCell(
        RecurrentCells.rnn(config, input, hidden),
        Arrays.copyOf(both, input * hidden),
        Arrays.copyOfRange(both, input * hidden, both.length),
        tensors.read(biasOf(kernel), hidden));
  }

  private static TensorInfo matrix(NamedTensors tensors, String kernel, int blocks)
      throws ImportException {
    TensorInfo info = tensors.get(kernel);
    if (info.shape().length != 2 || info.shape()[1] % blocks != 0 || info.count() == 0) {
      throw ImportException.unsupported(
          kernel, "expected shape [input + hidden, %d * hidden], got %s".formatted(blocks, info));
    }
    return info;
  }

  private static int inputSize(TensorInfo kernel, int hidden) throws ImportException {
    int input = kernel.shape()[0] - hidden;
    if (input < 1) {
      throw ImportException.unsupported(
          kernel.name(), "expected more than %d rows, got %s".formatted(hidden, kernel));
    }
    return input;
  }
}
