package dev.keepgate.kernel;

import dev.keepgate.model.Activation;
import java.util.Arrays;

/** The functions that layers apply, in double precision. */
final class ReferenceFunctions {

  private ReferenceFunctions() {}

  /** Activates a whole row, as softmax needs it. */
  static double[] activate(Activation activation, double[] row) {
    return switch (activation.kind()) {
      case SOFTMAX -> softmax(row);
      case LOG_SOFTMAX -> logSoftmax(row);
      default -> Arrays.stream(row).map(x -> activate(activation, x)).toArray();
    };
  }

  static double activate(Activation activation, double x) {
    double alpha = activation.alpha();
    double beta = activation.beta();
    return switch (activation.kind()) {
      case LINEAR -> x;
      case TANH -> Math.tanh(x);
      case SIGMOID -> sigmoid(x);
      case HARD_SIGMOID -> Math.max(0, Math.min(1, alpha * x + beta));
      case RELU -> Math.max(0, x);
      case LEAKY_RELU -> x >= 0 ? x : alpha * x;
      case THRESHOLDED_RELU -> x >= alpha ? x : 0;
      case SCALED_TANH -> alpha * Math.tanh(beta * x);
      case AFFINE -> alpha * x + beta;
      case ELU -> elu(alpha, x);
      case SELU -> beta * elu(alpha, x);
      case SOFTSIGN -> x / (1 + Math.abs(x));
      case SOFTPLUS -> softplus(x);
      case SWISH -> x * sigmoid(x);
      case GELU -> x * 0.5 * (1 + erf(x / Math.sqrt(2)));
      case MISH -> x * Math.tanh(softplus(x));
      case HARD_SWISH -> x * Math.max(0, Math.min(1, alpha * x + beta));
      case CLIP -> Math.max(alpha, Math.min(beta, x));
      case TANH_SHRINK -> x - Math.tanh(x);
      case LOG_SIGMOID -> -softplus(-x);
      case EXPONENTIAL -> Math.exp(x);
      case SOFTMAX, LOG_SOFTMAX ->
          throw new IllegalArgumentException("softmax is a function of a whole row");
    };
  }

  static double clip(double x, float bound) {
    return Math.max(-bound, Math.min(bound, x));
  }

  /** sums += row times matrix, the matrix [row.length, sums.length]. */
  static void addProduct(double[] row, float[] matrix, double[] sums) {
    for (int i = 0; i < row.length; i++) {
      for (int j = 0; j < sums.length; j++) {
        sums[j] += row[i] * matrix[i * sums.length + j];
      }
    }
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double softplus(double x) {
    return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static double elu(double alpha, double x) {
    return x >= 0 ? x : alpha * Math.expm1(x);
  }

  /** The largest number is taken off first, so that no power overflows. */
  private static double[] softmax(double[] row) {
    double max = Arrays.stream(row).max().orElse(0);
    double[] powers = Arrays.stream(row).map(x -> Math.exp(x - max)).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }

  private static double[] logSoftmax(double[] row) {
    double max = Arrays.stream(row).max().orElse(0);
    double log = Math.log(Arrays.stream(row).map(x -> Math.exp(x - max)).sum());
    return Arrays.stream(row).map(x -> x - max - log).toArray();
  }

  /**
   * The error function by 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!, Abramowitz and Stegun
   * 7.1.6: all terms of one sign, so none cancel.
   */
  static double erf(double x) {
    if (Math.abs(x) > 6) {
      return Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
}
