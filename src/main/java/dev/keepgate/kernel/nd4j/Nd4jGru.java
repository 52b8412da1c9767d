package dev.keepgate.kernel.nd4j;

import static dev.keepgate.kernel.nd4j.Nd4jFunctions.activateInPlace;
import static dev.keepgate.kernel.nd4j.Nd4jFunctions.clipInPlace;

import dev.keepgate.kernel.nd4j.Nd4jScratch.Slot;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.GruConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One GRU cell's weights as ND4J arrays. The candidate's recurrent kernel stands alone: where the
 * reset comes before the product, what it is multiplied by is known only after the gates.
 */
final class Nd4jGru extends Nd4jCell {

  private static final int GATES = 2;

  private final GruConfig config;
  private final INDArray gateKernel; // (2 hidden, hidden): update, reset
  private final INDArray candidateKernel; // (hidden, hidden)
  private final @Nullable INDArray resetBias; // (hidden, 1)

  Nd4jGru(GruCell cell) {
    super(cell, cell.inputKernel(), cell.bias());
    this.config = cell.config();
    int hidden = config.hiddenSize();
    float[] gates = new float[GATES * hidden * hidden];
    float[] candidate = new float[hidden * hidden];
    for (int row = 0; row < hidden; row++) {
      int from = row * GruCell.BLOCKS * hidden;
      System.arraycopy(cell.recurrentKernel(), from, gates, row * GATES * hidden, GATES * hidden);
      System.arraycopy(
          cell.recurrentKernel(), from + GATES * hidden, candidate, row * hidden, hidden);
    }
    this.gateKernel = own(array(gates, (long) GATES * hidden, hidden));
    this.candidateKernel = own(array(candidate, hidden, hidden));
    this.resetBias = config.resetAfter() ? own(array(cell.resetBias(), hidden, 1)) : null;
  }

  @Override
  void step(
      INDArray preActivations,
      List<INDArray> state,
      Nd4jScratch scratch,
      @Nullable StepListener listener) {
    INDArray h = state.get(0);
    int rows = h.columns();
    // Some blocks of rows are no matrix that BLAS would add to.
    INDArray ofGates = scratch.array(Slot.RECURRENT, (long) GATES * config.hiddenSize(), rows);
    Nd4j.gemm(gateKernel, h, ofGates, false, false, 1, 0);
    INDArray update = gate(preActivations, ofGates, 0, scratch);
    INDArray reset = gate(preActivations, ofGates, 1, scratch);
    INDArray candidate = block(preActivations, 2);
    INDArray ofCandidate = scratch.array(Slot.CELL, config.hiddenSize(), rows);
    if (resetBias != null) {
      Nd4j.gemm(candidateKernel, h, ofCandidate, false, false, 1, 0);
      ofCandidate.addiColumnVector(resetBias).muli(reset);
    } else {
      INDArray kept = scratch.copy(Slot.BESIDE, reset).muli(h);
      Nd4j.gemm(candidateKernel, kept, ofCandidate, false, false, 1, 0);
    }
    candidate.addi(ofCandidate);
    clipInPlace(candidate, config.inputClip());
    activateInPlace(config.activation(), candidate, scratch);
    if (listener != null) {
      listener.show("update", update);
      listener.show("reset", reset);
      listener.show("candidate", candidate);
    }
    h.subi(candidate).muli(update).addi(candidate);
  }

  private INDArray gate(
      INDArray preActivations, INDArray recurrent, int gate, Nd4jScratch scratch) {
    INDArray sum = block(preActivations, gate).addi(block(recurrent, gate));
    clipInPlace(sum, config.inputClip());
    activateInPlace(config.recurrentActivation(), sum, scratch);
    return sum;
  }
}
