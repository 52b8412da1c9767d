package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.GruConfig;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import dev.keepgate.model.RnnConfig;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Cells without a cell state: GRUs and simple recurrent cells, as the frameworks store them. */
public final class RecurrentCells {

  private static final Set<String> OF_AN_LSTM =
      Set.of("forget_bias", "cell_clip", "proj_clip", "gate_order");

  private RecurrentCells() {}

  /**
   * A GRU with what no file of tensors says.
   *
   * @throws ImportException if something is given that only an LSTM has
   */
  public static GruConfig gru(
      ImportConfig config, int inputSize, int hiddenSize, boolean resetAfter)
      throws ImportException {
    config.refuse(OF_AN_LSTM, "the file has a GRU, not an LSTM");
    return new GruConfig(
        inputSize,
        hiddenSize,
        resetAfter,
        CellConfig.NO_CLIP,
        Objects.requireNonNullElse(config.recurrentActivation(), Activation.SIGMOID),
        Objects.requireNonNullElse(config.activation(), Activation.TANH));
  }

  /**
   * A simple recurrent cell with what no file of tensors says: tanh where the configuration names
   * no activation, as it is every framework's default.
   *
   * @throws ImportException if something is given that only cells with gates have
   */
  public static RnnConfig rnn(ImportConfig config, int inputSize, int hiddenSize)
      throws ImportException {
    config.refuse(OF_AN_LSTM, "the file has a simple recurrent cell, not an LSTM");
    config.refuse(Set.of("recurrent_activation"), "a simple recurrent cell has no gates");
    return new RnnConfig(
        inputSize,
        hiddenSize,
        CellConfig.NO_CLIP,
        Objects.requireNonNullElse(config.activation(), Activation.TANH));
  }

  /**
   * A GRU whose kernels are ours already.
   *
   * @param inputBias [3 * hidden], which is added to x W
   * @param recurrentBias [3 * hidden], which is added to h R
   */
  public static GruCell gru(
      GruConfig config,
      float[] inputKernel,
      float[] recurrentKernel,
      float[] inputBias,
      float[] recurrentBias) {
    int gates = (GruCell.BLOCKS - 1) * config.hiddenSize();
    int summed = config.resetAfter() ? gates : inputBias.length;
    float[] bias = inputBias.clone();
    for (int i = 0; i < summed; i++) {
      bias[i] += recurrentBias[i];
    }
    return new GruCell(
        config,
        inputKernel,
        recurrentKernel,
        bias,
        Arrays.copyOfRange(recurrentBias, summed, recurrentBias.length));
  }

  /** A layer of a cell forward, and maybe another backward, merged as configured. */
  public static Layer.Recurrent layer(Cell forward, @Nullable Cell backward, ImportConfig options) {
    Merge merge = Objects.requireNonNullElse(options.bidirectionalMerge(), Merge.CONCAT);
    return backward == null
        ? Layer.Recurrent.of(forward)
        : new Layer.Recurrent(forward, backward, merge, false, false);
  }
}
