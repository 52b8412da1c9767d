package dev.keepgate.kernel.reference;

import static dev.keepgate.kernel.reference.ReferenceFunctions.activate;
import static dev.keepgate.kernel.reference.ReferenceFunctions.addProduct;
import static dev.keepgate.kernel.reference.ReferenceFunctions.clip;

import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;

/** One LSTM cell: the equations of {@link CellConfig}, one line each. */
record ReferenceCell(CellConfig config, CellWeights weights) {

  /** All that one step of one row computes; each [hiddenSize], {@code hidden} [outputSize]. */
  record Step(
      double[] input,
      double[] forget,
      double[] output,
      double[] candidate,
      double[] cell,
      double[] hidden) {}

  /**
   * @param x [inputSize]
   * @param h [outputSize]
   * @param c [hiddenSize]
   */
  Step step(double[] x, double[] h, double[] c) {
    double[] sums = new double[4 * config.hiddenSize()];
    for (int j = 0; j < sums.length; j++) {
      sums[j] = weights.bias()[j];
    }
    addProduct(x, weights.inputKernel(), sums);
    addProduct(h, weights.recurrentKernel(), sums);

    double[] input = gate(0, sums, c);
    double[] forget = config.coupled() ? oneMinus(input) : gate(1, sums, c);
    double[] candidate = block(3, sums, config.activation());
    double[] cell = new double[c.length];
    for (int j = 0; j < cell.length; j++) {
      cell[j] = clip(forget[j] * c[j] + input[j] * candidate[j], config.cellClip());
    }
    double[] output = gate(2, sums, cell);
    double[] hidden = new double[c.length];
    for (int j = 0; j < hidden.length; j++) {
      hidden[j] = output[j] * activate(config.cellActivation(), cell[j]);
    }
    return new Step(input, forget, output, candidate, cell, project(hidden));
  }

  /** Gate 0 input, 1 forget or 2 output, each with a peephole on the cell it sees. */
  private double[] gate(int gate, double[] sums, double[] seenCell) {
    float[] peepholes = weights.peepholes();
    if (peepholes != null) {
      for (int j = 0; j < seenCell.length; j++) {
        int at = gate * seenCell.length + j;
        sums[at] += peepholes[at] * seenCell[j];
      }
    }
    return block(gate, sums, config.recurrentActivation());
  }

  private double[] block(int block, double[] sums, Activation activation) {
    double[] values = new double[config.hiddenSize()];
    for (int j = 0; j < values.length; j++) {
      values[j] = activate(activation, clip(sums[block * values.length + j], config.inputClip()));
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
