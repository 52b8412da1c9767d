package dev.keepgate.kernel.reference;

import static dev.keepgate.kernel.reference.ReferenceFunctions.activate;
import static dev.keepgate.kernel.reference.ReferenceFunctions.addProduct;
import static dev.keepgate.kernel.reference.ReferenceFunctions.clip;

import dev.keepgate.model.RnnCell;
import dev.keepgate.model.RnnConfig;

/** One simple recurrent cell: the equation of {@link RnnConfig}. */
record ReferenceRnn(RnnCell cell) implements ReferenceCell {

  @Override
  public Step step(double[] x, double[][] state) {
    double[] hidden = new double[state[0].length];
    for (int j = 0; j < hidden.length; j++) {
      hidden[j] = cell.bias()[j];
    }
    addProduct(x, cell.inputKernel(), hidden);
    addProduct(state[0], cell.recurrentKernel(), hidden);
    for (int j = 0; j < hidden.length; j++) {
      hidden[j] = activate(cell.config().activation(), clip(hidden[j], cell.config().inputClip()));
    }
    return new Step(new double[][] {hidden}, new double[][] {hidden});
  }
}
