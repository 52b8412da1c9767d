package dev.keepgate.kernel.cpu;

import dev.keepgate.model.Activation;

/**
 * Activations that no loop of {@link FloatFunctions} is for: one number at a time, in double
 * precision, each by a formula without cancellation, so that small results keep their digits.
 */
final class ScalarFunctions {

  /** Below it x - tanh(x) is what two terms of its series say, to more digits than a float has. */
  private static final double SMALL = 1e-3;

  /** Beyond it exp(-x) is nothing beside 1, even squared. */
  private static final double LARGE = 40;

  /** Of the cube in the approximation of GELU, and twice sqrt(2 / pi). */
  private static final double CUBE = 0.044715;

  private static final double TWICE_ROOT = 2 * Math.sqrt(2 / Math.PI);

  /** Where {@link #complementaryError} takes its integrand, and how often. */
  private static final double STEP = 0.5;

  private static final int POINTS = 13;

  private ScalarFunctions() {}

  static float activate(Activation activation, float value) {
    double x = value;
    float alpha = activation.alpha();
    float beta = activation.beta();
    return switch (activation.kind()) {
      case LEAKY_RELU -> value < 0 ? alpha * value : value;
      case THRESHOLDED_RELU -> value < alpha ? 0 : value;
      case SCALED_TANH -> (float) (alpha * Math.tanh((double) beta * x));
      case AFFINE -> Math.fma(alpha, value, beta);
      case ELU -> (float) exponentialUnit(alpha, x);
      case SELU -> (float) (beta * exponentialUnit(alpha, x));
      case SOFTSIGN -> (float) (x / (Math.abs(x) + 1));
      case SOFTPLUS -> (float) softplus(x);
      case SWISH -> (float) (x / (Math.exp(-x) + 1));
      case GELU -> (float) (0.5 * x * complementaryError(-x * Math.sqrt(0.5)));
      case MISH -> (float) mish(x);
      case HARD_SWISH -> (float) (x * Math.max(0, Math.min(1, Math.fma(alpha, value, beta))));
      case CLIP -> Math.max(alpha, Math.min(beta, value));
      case TANH_SHRINK -> (float) tanhShrink(x);
      case LOG_SIGMOID -> (float) -softplus(-x);
      case EXPONENTIAL -> (float) Math.exp(x);
      case CELU -> (float) (x < 0 ? exponentialUnit(alpha, x / alpha) : x);
      case SQUAREPLUS -> (float) (Math.max(x, 0) + alpha / 2 / (Math.abs(x) + root(x, alpha)));
      case GELU_TANH -> (float) (x / (Math.exp(-x * (1 + CUBE * x * x) * TWICE_ROOT) + 1));
      case HARD_SHRINK -> Math.abs(value) <= alpha ? 0 : value;
      case SOFT_SHRINK -> value - Math.max(-alpha, Math.min(alpha, value));
      case THRESHOLD -> value <= alpha ? beta : value;
      case SPARSE_PLUS -> (float) sparsePlus(x);
      case LINEAR, TANH, SIGMOID, HARD_SIGMOID, RELU, SOFTMAX, LOG_SOFTMAX ->
          throw new IllegalArgumentException(activation + " has a loop of its own");
    };
  }

  private static double root(double x, double summand) {
    return Math.sqrt(x * x + summand);
  }

  private static double sparsePlus(double x) {
    double bounded = Math.max(-1, Math.min(1, x)) + 1;
    return Math.max(x - 1, 0) + bounded * bounded / 4;
  }

  private static double exponentialUnit(double alpha, double x) {
    return x < 0 ? alpha * Math.expm1(x) : x;
  }

  private static double softplus(double x) {
    return x > LARGE ? x : Math.log1p(Math.exp(x));
  }

  /** tanh(log(1 + n)) = n (n + 2) / (n (n + 2) + 2). */
  private static double mish(double x) {
    if (x > LARGE) {
      return x;
    }
    double n = Math.exp(x);
    double product = n * (n + 2);
    return x * product / (product + 2);
  }

  private static double tanhShrink(double x) {
    return Math.abs(x) < SMALL ? x * x * x * (1 - 0.4 * x * x) / 3 : x - Math.tanh(x);
  }

  /**
   * 1 - erf(x) = 2/pi x exp(-x^2) times the integral of exp(-t^2) / (x^2 + t^2) from 0 on, by the
   * midpoint rule, to which the integrand's pole adds a term of its own (Chiarella and Reichel,
   * 1968): right to fifteen digits with a step of 1/2.
   */
  private static double complementaryError(double x) {
    if (x < 0) {
      return 2 - complementaryError(-x);
    }
    double sum = 0;
    for (int n = 0; n < POINTS; n++) {
      double t = (n + 0.5) * STEP;
      sum += Math.exp(-t * t) / (x * x + t * t);
    }
    double integral = 2 / Math.PI * x * STEP * Math.exp(-x * x) * sum;
    return integral + 2 / (Math.exp(2 * Math.PI * x / STEP) + 1);
  }
}
