package dev.keepgate.kernel.reference;

/** One recurrent cell: its equations, one line each. */
interface ReferenceCell {

  /**
   * All that one step of one row computes.
   *
   * @param state the new state, a slot each as the cell names them; the first is h
   * @param trace what a trace of the cell shows, in its order
   */
  record Step(double[][] state, double[][] trace) {}

  /**
   * @param x [inputSize]
   * @param state the cell's slots, [width] each
   */
  Step step(double[] x, double[][] state);
}
