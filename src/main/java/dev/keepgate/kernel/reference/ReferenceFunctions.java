package dev.keepgate.kernel.reference;

import dev.keepgate.model.Activation;
import java.util.Arrays;

/**
 * The functions that layers apply, in double precision: right to some ten digits of their value
 * wherever a float can hold it, the tails included.
 */
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
      case THRESHOLDED_RELU -> x < alpha ? 0 : x;
      case SCALED_TANH -> alpha * Math.tanh(beta * x);
      case AFFINE -> alpha * x + beta;
      case ELU -> elu(alpha, x);
      case SELU -> beta * elu(alpha, x);
      case SOFTSIGN -> x / (1 + Math.abs(x));
      case SOFTPLUS -> softplus(x);
      case SWISH -> x * sigmoid(x);
      case GELU -> x * 0.5 * erfc(-x / Math.sqrt(2));
      case MISH -> x * Math.tanh(softplus(x));
      case HARD_SWISH -> x * Math.max(0, Math.min(1, alpha * x + beta));
      case CLIP -> Math.max(alpha, Math.min(beta, x));
      case TANH_SHRINK -> tanhShrink(x);
      case LOG_SIGMOID -> -softplus(-x);
      case EXPONENTIAL -> Math.exp(x);
      case CELU -> x >= 0 ? x : elu(alpha, x / alpha);
      case SQUAREPLUS -> squareplus(alpha, x);
      case GELU_TANH -> x * sigmoid(Math.sqrt(8 / Math.PI) * (x + 0.044715 * x * x * x));
      case HARD_SHRINK -> Math.abs(x) <= alpha ? 0 : x;
      case SOFT_SHRINK -> Math.signum(x) * Math.max(Math.abs(x) - alpha, 0);
      case THRESHOLD -> x <= alpha ? beta : x;
      case SPARSE_PLUS -> x >= 1 ? x : Math.pow(Math.max(x + 1, 0), 2) / 4;
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

  private static double squareplus(double b, double x) {
    double root = Math.sqrt(x * x + b);
    return x < 0 ? b / (2 * (root - x)) : (x + root) / 2;
  }

  /** The largest number is taken off first, so that no power overflows. */
  private static double[] softmax(double[] row) {
    double max = Arrays.stream(row).max().orElse(0);
    double[] powers = Arrays.stream(row).map(x -> Math.exp(x - max)).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }

  /** The sum of all powers but that of the largest number, which is 1, comes to little. */
  private static double[] logSoftmax(double[] row) {
    double max = Arrays.stream(row).max().orElse(0);
    double[] sorted = Arrays.stream(row).sorted().toArray();
    double others = Arrays.stream(sorted, 0, sorted.length - 1).map(x -> Math.exp(x - max)).sum();
    return Arrays.stream(row).map(x -> x - max - Math.log1p(others)).toArray();
  }

  /**
   * x - tanh(x), where tanh(x) = x / (1 + k) and k = x^2 / (3 + x^2 / (5 + x^2 / (7 + ...))), the
   * continued fraction of Lambert.
   */
  private static double tanhShrink(double x) {
    if (Math.abs(x) > 1) {
      return x - Math.tanh(x);
    }
    double k = 0;
    for (int n = 25; n >= 3; n -= 2) {
      k = x * x / (n + k);
    }
    return x * k / (1 + k);
  }

  /**
   * 1 - erf(x). Near 0 by 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!, Abramowitz and Stegun
   * 7.1.6, all terms of one sign; beyond by the continued fraction 7.1.14.
   */
  static double erfc(double x) {
    if (x < 0) {
      return 2 - erfc(-x);
    }
    double scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
    if (x > 2) {
      double fraction = 0;
      for (int n = 100; n >= 1; n--) {
        fraction = n / 2.0 / (x + fraction);
      }
      return scale / (x + fraction);
    }
    double term = x;
    double sum = x;
    for (int n = 1; term > 1e-17 * sum; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 1 - 2 * scale * sum;
  }
}
