package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Merge;
import java.util.Objects;

/** An LSTM cell as a convention read it: its configuration and its weights. */
public record Cell(CellConfig config, CellWeights weights) {

  /**
   * Starts a cell with what no file of tensors says.
   *
   * @param forgetBias what the framework adds at run time where the configuration does not say
   */
  public static CellConfig.Builder builder(
      ImportConfig config, int inputSize, int hiddenSize, float forgetBias) {
    Activation activation = Objects.requireNonNullElse(config.activation(), Activation.TANH);
    return CellConfig.builder(inputSize, hiddenSize)
        .forgetBias(Objects.requireNonNullElse(config.forgetBias(), forgetBias))
        .cellClip(Objects.requireNonNullElse(config.cellClip(), CellConfig.NO_CLIP))
        .projectionClip(Objects.requireNonNullElse(config.projectionClip(), CellConfig.NO_CLIP))
        .activation(activation)
        .cellActivation(activation)
        .recurrentActivation(
            Objects.requireNonNullElse(config.recurrentActivation(), Activation.SIGMOID));
  }

  /** The cell as a model has it. */
  public LstmCell lstm() {
    return new LstmCell(config, weights);
  }

  /** A layer of this cell alone. */
  public Layer.Recurrent layer() {
    return Layer.Recurrent.of(lstm());
  }

  /** A layer of this cell forward and another backward, merged as configured. */
  public Layer.Recurrent layer(Cell backward, ImportConfig options) {
    Merge merge = Objects.requireNonNullElse(options.bidirectionalMerge(), Merge.CONCAT);
    return new Layer.Recurrent(lstm(), backward.lstm(), merge, false, false);
  }
}
