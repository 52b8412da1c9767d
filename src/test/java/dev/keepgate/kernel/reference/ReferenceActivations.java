package dev.keepgate.kernel.reference;

import dev.keepgate.model.Activation;

/** The oracle's activations, for the tests of other kernels. */
public final class ReferenceActivations {

  private ReferenceActivations() {}

  public static double activate(Activation activation, double x) {
    return ReferenceFunctions.activate(activation, x);
  }
}
