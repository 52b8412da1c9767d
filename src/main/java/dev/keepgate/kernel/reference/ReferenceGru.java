package dev.keepgate.kernel.reference;

import static dev.keepgate.kernel.reference.ReferenceFunctions.activate;
import static dev.keepgate.kernel.reference.ReferenceFunctions.addProduct;
import static dev.keepgate.kernel.reference.ReferenceFunctions.clip;

import dev.keepgate.model.Activation;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.GruConfig;
import java.util.Arrays;

/** One GRU cell: the equations of {@link GruConfig}, one line each. */
record ReferenceGru(GruCell cell) implements ReferenceCell {

  private static final int UPDATE = 0;
  private static final int RESET = 1;
  private static final int CANDIDATE = 2;

  @Override
  public Step step(double[] x, double[][] state) {
    double[] h = state[0];
    Activation sigma = cell.config().recurrentActivation();
    double[] fromInput = new double[GruCell.BLOCKS * h.length];
    for (int j = 0; j < fromInput.length; j++) {
      fromInput[j] = cell.bias()[j];
    }
    addProduct(x, cell.inputKernel(), fromInput);
    double[] fromState = recurrent(h);

    double[] update = activated(sum(block(fromInput, UPDATE), block(fromState, UPDATE)), sigma);
    double[] reset = activated(sum(block(fromInput, RESET), block(fromState, RESET)), sigma);
    double[] ofCandidate =
        cell.config().resetAfter()
            ? times(reset, sum(block(fromState, CANDIDATE), widened(cell.resetBias())))
            : block(recurrent(times(reset, h)), CANDIDATE);
    double[] candidate =
        activated(sum(block(fromInput, CANDIDATE), ofCandidate), cell.config().activation());
    double[] hidden = new double[h.length];
    for (int j = 0; j < hidden.length; j++) {
      hidden[j] = (1 - update[j]) * candidate[j] + update[j] * h[j];
    }
    return new Step(new double[][] {hidden}, new double[][] {update, reset, candidate, hidden});
  }

  /** h R, of all blocks. */
  private double[] recurrent(double[] h) {
    double[] product = new double[GruCell.BLOCKS * h.length];
    addProduct(h, cell.recurrentKernel(), product);
    return product;
  }

  private double[] block(double[] blocks, int block) {
    int hidden = cell.config().hiddenSize();
    return Arrays.copyOfRange(blocks, block * hidden, (block + 1) * hidden);
  }

  private double[] activated(double[] preActivations, Activation activation) {
    return Arrays.stream(preActivations)
        .map(sum -> activate(activation, clip(sum, cell.config().inputClip())))
        .toArray();
  }

  private static double[] sum(double[] a, double[] b) {
    double[] sum = new double[a.length];
    for (int j = 0; j < sum.length; j++) {
      sum[j] = a[j] + b[j];
    }
    return sum;
  }

  private static double[] times(double[] a, double[] b) {
    double[] product = new double[a.length];
    for (int j = 0; j < product.length; j++) {
      product[j] = a[j] * b[j];
    }
    return product;
  }

  private static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    for (int j = 0; j < wide.length; j++) {
      wide[j] = values[j];
    }
    return wide;
  }
}
