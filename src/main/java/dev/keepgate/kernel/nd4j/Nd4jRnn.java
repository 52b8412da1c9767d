package dev.keepgate.kernel.nd4j;

import static dev.keepgate.kernel.nd4j.Nd4jFunctions.activateInPlace;
import static dev.keepgate.kernel.nd4j.Nd4jFunctions.clipInPlace;

import dev.keepgate.model.RnnCell;
import dev.keepgate.model.RnnConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** One simple recurrent cell's weights as ND4J arrays. */
final class Nd4jRnn extends Nd4jCell {

  private final RnnConfig config;
  private final INDArray recurrentKernel; // (hidden, hidden)

  Nd4jRnn(RnnCell cell) {
    super(cell, cell.inputKernel(), cell.bias());
    this.config = cell.config();
    this.recurrentKernel =
        own(array(cell.recurrentKernel(), config.hiddenSize(), config.hiddenSize()));
  }

  @Override
  void step(
      INDArray preActivations,
      List<INDArray> state,
      Nd4jScratch scratch,
      @Nullable StepListener listener) {
    INDArray h = state.get(0);
    Nd4j.gemm(recurrentKernel, h, preActivations, false, false, 1, 1);
    clipInPlace(preActivations, config.inputClip());
    activateInPlace(config.activation(), preActivations, scratch);
    h.assign(preActivations);
  }
}
