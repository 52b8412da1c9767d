package dev.keepgate.kernel.reference;

import static dev.keepgate.kernel.reference.ReferenceFunctions.activate;
import static dev.keepgate.kernel.reference.ReferenceFunctions.addProduct;
import static dev.keepgate.kernel.reference.ReferenceFunctions.clip;

import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;

/** One LSTM cell: the equations of {@link CellConfig}, one line each. */
record ReferenceLstm(CellConfig config, CellWeights weights) implements ReferenceCell {

  @Override
  public Step step(double[] x, double[][] state) {
    double[] h = state[0];
    double[] c = state[1];
    double[] preActivations = new double[4 * config.hiddenSize()];
    for (int j = 0; j < preActivations.length; j++) {
      preActivations[j] = weights.bias()[j];
    }
    addProduct(x, weights.inputKernel(), preActivations);
    addProduct(h, weights.recurrentKernel(), preActivations);

    double[] input = gate(0, preActivations, c);
    double[] forget = config.coupled() ? oneMinus(input) : gate(1, preActivations, c);
    double[] candidate = block(3, preActivations, config.activation());
    double[] cell = new double[c.length];
    for (int j = 0; j < cell.length; j++) {
      cell[j] = clip(forget[j] * c[j] + input[j] * candidate[j], config.cellClip());
    }
    double[] output = gate(2, preActivations, cell);
    double[] hidden = new double[c.length];
    for (int j = 0; j < hidden.length; j++) {
      hidden[j] = output[j] * activate(config.cellActivation(), cell[j]);
    }
    double[] projected = project(hidden);
    return new Step(
        new double[][] {projected, cell},
        new double[][] {input, forget, output, candidate, cell, projected});
  }

  /** Gate 0 input, 1 forget or 2 output, each with a peephole on the cell it sees. */
  private double[] gate(int gate, double[] preActivations, double[] seenCell) {
    float[] peepholes = weights.peepholes();
    if (peepholes != null) {
      for (int j = 0; j < seenCell.length; j++) {
        int at = gate * seenCell.length + j;
        preActivations[at] += peepholes[at] * seenCell[j];
      }
    }
    return block(gate, preActivations, config.recurrentActivation());
  }

  private double[] block(int block, double[] preActivations, Activation activation) {
    double[] values = new double[config.hiddenSize()];
    for (int j = 0; j < values.length; j++) {
      values[j] =
          activate(activation, clip(preActivations[block * values.length + j], config.inputClip()));
    }
    return values;
  }

  private double[] project(double[] hidden) {
    float[] projection = weights.projection();
    if (projection == null) {
      return hidden;
    }
    double[] projected = new double[config.projectionSize()];
    addProduct(hidden, projection, projected);
    for (int j = 0; j < projected.length; j++) {
      projected[j] = clip(projected[j], config.projectionClip());
    }
    return projected;
  }

  private static double[] oneMinus(double[] values) {
    double[] result = new double[values.length];
    for (int j = 0; j < values.length; j++) {
      result[j] = 1 - values[j];
    }
    return result;
  }
}
