package dev.keepgate.kernel.nd4j;

import static dev.keepgate.kernel.nd4j.Nd4jFunctions.activateInPlace;
import static dev.keepgate.kernel.nd4j.Nd4jFunctions.clipInPlace;

import dev.keepgate.kernel.nd4j.Nd4jScratch.Slot;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LstmCell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** One LSTM cell's weights as ND4J arrays. */
final class Nd4jLstm extends Nd4jCell {

  private static final long GATES = 4;
  private static final int PEEPHOLES = 3;

  private final CellConfig config;
  private final INDArray recurrentKernel; // (4 hidden, output)
  private final List<INDArray> peepholes =
      new ArrayList<>(); // of input, forget, output: (hidden, 1)
  private final @Nullable INDArray projection; // (projection, hidden)

  Nd4jLstm(LstmCell cell) {
    super(cell, cell.weights().inputKernel(), cell.weights().bias());
    CellWeights weights = cell.weights();
    this.config = cell.config();
    int hidden = config.hiddenSize();
    this.recurrentKernel =
        own(array(weights.recurrentKernel(), GATES * hidden, config.outputSize()));
    float[] seen = weights.peepholes();
    for (int i = 0; i < PEEPHOLES && seen != null; i++) {
      peepholes.add(own(array(Arrays.copyOfRange(seen, i * hidden, (i + 1) * hidden), hidden, 1)));
    }
    this.projection =
        weights.projection() == null
            ? null
            : own(array(weights.projection(), config.projectionSize(), hidden));
  }

  /**
   * Turns pre-activations into gates, moves the cell on, and leaves o * k(c) in the output gate's
   * place.
   */
  @Override
  void step(
      INDArray gates, List<INDArray> state, Nd4jScratch scratch, @Nullable StepListener listener) {
    INDArray h = state.get(0);
    INDArray cell = state.get(1);
    Nd4j.gemm(recurrentKernel, h, gates, false, false, 1, 1);
    INDArray input = block(gates, 0);
    INDArray forget = block(gates, 1);
    INDArray output = block(gates, 2);
    INDArray candidate = block(gates, 3);
    gate(0, input, cell, scratch);
    if (config.coupled()) {
      forget.assign(input).rsubi(1);
    } else {
      gate(1, forget, cell, scratch);
    }
    clipInPlace(candidate, config.inputClip());
    activateInPlace(config.activation(), candidate, scratch);
    cell.muli(forget).addi(scratch.copy(Slot.BESIDE, input).muli(candidate));
    clipInPlace(cell, config.cellClip());
    gate(2, output, cell, scratch);
    if (listener != null) {
      listener.show("input", input);
      listener.show("forget", forget);
      listener.show("output", output);
      listener.show("candidate", candidate);
      listener.show("cell", cell);
    }
    candidate.assign(cell);
    activateInPlace(config.cellActivation(), candidate, scratch);
    output.muli(candidate);
    project(output, h, scratch);
  }

  private void project(INDArray unprojected, INDArray h, Nd4jScratch scratch) {
    if (projection == null) {
      h.assign(unprojected);
    } else {
      // A block of rows is no matrix that BLAS would take.
      Nd4j.gemm(projection, scratch.copy(Slot.BESIDE, unprojected), h, false, false, 1, 0);
      clipInPlace(h, config.projectionClip());
    }
  }

  private void gate(int gate, INDArray preActivations, INDArray cell, Nd4jScratch scratch) {
    if (!peepholes.isEmpty()) {
      preActivations.addi(scratch.copy(Slot.BESIDE, cell).muliColumnVector(peepholes.get(gate)));
    }
    clipInPlace(preActivations, config.inputClip());
    activateInPlace(config.recurrentActivation(), preActivations, scratch);
  }
}
