package dev.keepgate.importer.framework.tensorflow;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.RecurrentCells;
import dev.keepgate.model.Cell;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.RnnCell;
import java.io.IOException;
import java.util.Arrays;

/**
 * The variables of one GRU or simple recurrent cell of Keras: kernel, recurrent kernel and bias.
 *
 * @param scope before their names
 * @param suffix behind them
 */
record KerasCellVariables(
    NamedTensors tensors, String scope, String suffix, int inputSize, int hiddenSize) {

  /**
   * The bias tells where the reset gate is applied: after the product there are two, [2, 3 * H].
   */
  Cell readGru(ImportConfig config) throws IOException, ImportException {
    int width = GruCell.BLOCKS * hiddenSize;
    TensorInfo bias = tensors.find(name("bias"));
    if (bias == null) {
      throw ImportException.unsupported(
          name("recurrent_kernel"),
          "of a GRU without a bias: nothing here tells whether its reset gate comes before or after"
              + " the product; save the model as .keras");
    }
    boolean resetAfter = bias.shape().length == 2;
    float[] stored =
        resetAfter ? tensors.read(bias.name(), 2, width) : tensors.read(bias.name(), width);
    float[] both = Arrays.copyOf(stored, 2 * width);
    return RecurrentCells.gru(
        RecurrentCells.gru(config, inputSize, hiddenSize, resetAfter),
        tensors.read(name("kernel"), inputSize, width),
        tensors.read(name("recurrent_kernel"), hiddenSize, width),
        Arrays.copyOf(both, width),
        Arrays.copyOfRange(both, width, both.length));
  }

  Cell readSimple(ImportConfig config) throws IOException, ImportException {
    return new RnnCell(
        RecurrentCells.rnn(config, inputSize, hiddenSize),
        tensors.read(name("kernel"), inputSize, hiddenSize),
        tensors.read(name("recurrent_kernel"), hiddenSize, hiddenSize),
        tensors.has(name("bias")) ? tensors.read(name("bias"), hiddenSize) : new float[hiddenSize]);
  }

  private String name(String variable) {
    return scope + variable + suffix;
  }
}
