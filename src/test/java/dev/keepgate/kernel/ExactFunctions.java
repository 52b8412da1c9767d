package dev.keepgate.kernel;

import dev.keepgate.model.Activation;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * Activations in arithmetic of a hundred digits, from their definitions and the exponential series
 * alone: slow, and beyond doubt.
 */
public final class ExactFunctions {

  private static final MathContext DIGITS = new MathContext(120);
  private static final BigDecimal ONE = BigDecimal.ONE;
  private static final BigDecimal TWO = BigDecimal.valueOf(2);

  /** Beyond it every function here is what it is at it, as far as a float can tell. */
  private static final double FARTHEST = 2000;

  /** pi to 120 digits. */
  private static final BigDecimal PI =
      new BigDecimal(
          "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"
              + "8628034825342117067982148086513282306647");

  private ExactFunctions() {}

  public static BigDecimal activate(Activation activation, double x) {
    BigDecimal value = new BigDecimal(x);
    BigDecimal alpha = new BigDecimal(activation.alpha());
    BigDecimal beta = new BigDecimal(activation.beta());
    BigDecimal linear = alpha.multiply(value).add(beta);
    return switch (activation.kind()) {
      case LINEAR -> value;
      case TANH -> tanh(value);
      case SIGMOID -> sigmoid(value);
      case HARD_SIGMOID -> unit(linear);
      case RELU -> value.max(BigDecimal.ZERO);
      case LEAKY_RELU -> value.signum() < 0 ? alpha.multiply(value) : value;
      case THRESHOLDED_RELU -> value.compareTo(alpha) < 0 ? BigDecimal.ZERO : value;
      case SCALED_TANH -> alpha.multiply(tanh(beta.multiply(value)));
      case AFFINE -> linear;
      case ELU -> exponentialUnit(alpha, value);
      case SELU -> beta.multiply(exponentialUnit(alpha, value));
      case SOFTSIGN -> value.divide(value.abs().add(ONE), DIGITS);
      case SOFTPLUS -> softplus(value);
      case SWISH -> value.multiply(sigmoid(value));
      case GELU -> value.multiply(normalDistribution(value));
      case MISH -> value.multiply(tanhOfLogarithm(exp(value).add(ONE)));
      case HARD_SWISH -> value.multiply(unit(linear));
      case CLIP -> value.max(alpha).min(beta);
      case TANH_SHRINK -> value.subtract(tanh(value));
      case LOG_SIGMOID -> softplus(value.negate()).negate();
      case EXPONENTIAL -> exp(value);
      case CELU -> value.signum() < 0 ? exponentialUnit(alpha, value.divide(alpha, DIGITS)) : value;
      case SQUAREPLUS -> value.add(value.multiply(value).add(alpha).sqrt(DIGITS)).divide(TWO);
      case GELU_TANH -> value.multiply(sigmoid(approximated(value)));
      case HARD_SHRINK -> value.abs().compareTo(alpha) > 0 ? value : BigDecimal.ZERO;
      case SOFT_SHRINK -> value.subtract(value.min(alpha).max(alpha.negate()));
      case THRESHOLD -> value.compareTo(alpha) > 0 ? value : beta;
      case SPARSE_PLUS -> sparsePlus(value);
      case SOFTMAX, LOG_SOFTMAX -> throw new IllegalArgumentException("of a row");
    };
  }

  /** A softmax of a row, or its logarithm. */
  public static double ofRow(Activation.Kind kind, float[] row, int index) {
    return (kind == Activation.Kind.SOFTMAX ? softmax(row, index) : logSoftmax(row, index))
        .doubleValue();
  }

  private static BigDecimal approximated(BigDecimal x) {
    BigDecimal cube = x.multiply(x).multiply(x).multiply(new BigDecimal("0.044715"));
    return TWO.multiply(TWO).multiply(TWO).divide(PI, DIGITS).sqrt(DIGITS).multiply(x.add(cube));
  }

  private static BigDecimal sparsePlus(BigDecimal x) {
    if (x.compareTo(ONE) >= 0) {
      return x;
    }
    BigDecimal above = x.add(ONE).max(BigDecimal.ZERO);
    return above.multiply(above).divide(BigDecimal.valueOf(4), DIGITS);
  }

  /** exp(x) / sum(exp(x)) of a row. */
  private static BigDecimal softmax(float[] row, int index) {
    BigDecimal sum = BigDecimal.ZERO;
    for (float each : row) {
      sum = sum.add(exp(new BigDecimal(each)));
    }
    return exp(new BigDecimal(row[index])).divide(sum, DIGITS);
  }

  /** log(softmax), by what the other powers come to beside this one. */
  private static BigDecimal logSoftmax(float[] row, int index) {
    BigDecimal others = BigDecimal.ZERO;
    for (int i = 0; i < row.length; i++) {
      if (i != index) {
        others = others.add(exp(new BigDecimal(row[i]).subtract(new BigDecimal(row[index]))));
      }
    }
    return logarithm(others.add(ONE)).negate();
  }

  /** By the series of x / 2^k, squared k times. */
  private static BigDecimal exp(BigDecimal value) {
    BigDecimal x = value.max(BigDecimal.valueOf(-FARTHEST)).min(BigDecimal.valueOf(FARTHEST));
    int halvings = 20;
    BigDecimal z = x.divide(new BigDecimal(BigInteger.ONE.shiftLeft(halvings)), DIGITS);
    BigDecimal term = ONE;
    BigDecimal sum = ONE;
    for (int n = 1; n < 60; n++) {
      term = term.multiply(z, DIGITS).divide(BigDecimal.valueOf(n), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    for (int i = 0; i < halvings; i++) {
      sum = sum.multiply(sum, DIGITS);
    }
    return sum;
  }

  /** By Newton's method on the exponential. */
  private static BigDecimal logarithm(BigDecimal value) {
    // A double tells sixteen digits, and none of what is near 1 or larger than it.
    BigDecimal guess =
        value.compareTo(new BigDecimal("1e300")) > 0
            ? BigDecimal.valueOf(value.precision() - value.scale()).multiply(new BigDecimal("2.3"))
            : BigDecimal.valueOf(Math.log(value.doubleValue()));
    for (int i = 0; i < 12; i++) {
      guess = guess.add(value.divide(exp(guess), DIGITS).subtract(ONE), DIGITS);
    }
    return guess;
  }

  private static BigDecimal sigmoid(BigDecimal x) {
    return ONE.divide(exp(x.negate()).add(ONE), DIGITS);
  }

  private static BigDecimal tanh(BigDecimal x) {
    BigDecimal square = exp(x.multiply(TWO));
    return square.subtract(ONE).divide(square.add(ONE), DIGITS);
  }

  /** tanh(log(n)) = (n^2 - 1) / (n^2 + 1). */
  private static BigDecimal tanhOfLogarithm(BigDecimal n) {
    BigDecimal square = n.multiply(n, DIGITS);
    return square.subtract(ONE).divide(square.add(ONE), DIGITS);
  }

  private static BigDecimal softplus(BigDecimal x) {
    return x.doubleValue() > FARTHEST ? x : logarithm(exp(x).add(ONE));
  }

  private static BigDecimal exponentialUnit(BigDecimal alpha, BigDecimal x) {
    return x.signum() < 0 ? alpha.multiply(exp(x).subtract(ONE)) : x;
  }

  private static BigDecimal unit(BigDecimal x) {
    return x.max(BigDecimal.ZERO).min(ONE);
  }

  /** (1 + erf(x / sqrt 2)) / 2, erf by its series: at 15 its terms have no more than 50 digits. */
  private static BigDecimal normalDistribution(BigDecimal value) {
    if (value.abs().doubleValue() > 15) {
      return value.signum() < 0 ? BigDecimal.ZERO : ONE;
    }
    BigDecimal x = value.divide(TWO.sqrt(DIGITS), DIGITS);
    BigDecimal square = x.multiply(x, DIGITS);
    BigDecimal power = x;
    BigDecimal sum = x;
    for (int n = 1; n < 900; n++) {
      power = power.multiply(square, DIGITS).divide(BigDecimal.valueOf(-n), DIGITS);
      sum = sum.add(power.divide(BigDecimal.valueOf(2L * n + 1), DIGITS), DIGITS);
    }
    BigDecimal erf = sum.multiply(TWO).divide(PI.sqrt(DIGITS), DIGITS);
    return erf.add(ONE).divide(TWO);
  }
}
