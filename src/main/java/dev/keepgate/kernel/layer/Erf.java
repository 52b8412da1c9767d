package dev.keepgate.kernel.layer;

/** The error function. */
final class Erf {

  private static final int TERMS = 60;

  private Erf() {}

  /** By its power series in x exp(-x^2) where it is small, else as good as 1: to 1e-13. */
  static double of(double x) {
    double size = Math.abs(x);
    if (size > 5.5) {
      return Math.signum(x);
    }
    double term = size;
    double sum = size;
    for (int n = 1; n < TERMS + 20 * size && term > 1e-18 * sum; n++) {
      term *= 2 * size * size / (2 * n + 1);
      sum += term;
    }
    return Math.copySign(2 / Math.sqrt(Math.PI) * Math.exp(-size * size) * sum, x);
  }
}
