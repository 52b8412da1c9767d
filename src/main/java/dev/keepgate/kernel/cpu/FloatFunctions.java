package dev.keepgate.kernel.cpu;

import dev.keepgate.model.Activation;

/**
 * Activations over parts of arrays in single precision. HotSpot turns a loop over one index of
 * whole arrays into vector instructions, so that is how they are written.
 */
final class FloatFunctions {

  /** Beyond it tanh is 1 in single precision. */
  private static final float BOUND = 8.017734f;

  /** Beyond it the sigmoid is 1 in single precision. */
  private static final float SIGMOID_BOUND = 16.7f;

  /** What HotSpot's vectorised loop takes at a time; it goes through what is left one by one. */
  static final int STRIDE = 256;

  /** The same where HotSpot saw that they are few. */
  private static final int SHORT_STRIDE = 16;

  private static final int SHORTEST = 48;

  /** Numbers that stay in the first level cache from one loop to the next. */
  private static final int CHUNK = 2048;

  private FloatFunctions() {}

  /** How many numbers to compute where so many are asked for and the array has room for more. */
  static int padded(int count) {
    return (count + STRIDE - 1) / STRIDE * STRIDE;
  }

  /** {@link #padded} for {@link #tanhOfFewInPlace}. */
  static int paddedFew(int count) {
    return Math.max(SHORTEST, (count + SHORT_STRIDE - 1) / SHORT_STRIDE * SHORT_STRIDE);
  }

  /**
   * tanh(x) as a polynomial of degree 9 over one of degree 8, the form that Eigen uses; off by less
   * than 3.2e-7, three times the precision of a number near 1.
   */
  static float tanh(float value) {
    float x = Math.max(-BOUND, Math.min(BOUND, value));
    float square = x * x;
    float above = Math.fma(1.3945536e-8f, square, 2.1027336e-5f);
    above = Math.fma(above, square, 0.0035207567f);
    above = Math.fma(above, square, 0.13402161f);
    above = Math.fma(above, square, 1);
    float below = Math.fma(8.015777e-7f, square, 3.3269514e-4f);
    below = Math.fma(below, square, 0.025972545f);
    below = Math.fma(below, square, 0.46735483f);
    below = Math.fma(below, square, 1);
    return x * above / below;
  }

  static void tanhInPlace(float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      x[i] = tanh(x[i]);
    }
  }

  /** {@link #tanhInPlace} in code of its own, which HotSpot unrolls less if it saw few numbers. */
  static void tanhOfFewInPlace(float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      x[i] = tanh(x[i]);
    }
  }

  /**
   * sigmoid(x) = 1 / (1 + exp(-x)), off by less than 1.4e-7, and by less than 6e-6 of itself down
   * to the smallest normal number: a gate that is nearly shut lets through what it should even if
   * the cell is large.
   *
   * <p>exp(-x) is the 32nd power of exp(-x / 32). That is computed first, for all numbers, and then
   * the powers of all: a processor looks only so many instructions ahead, and the chain of both is
   * too long for it to begin with enough numbers at a time (a quarter slower).
   */
  static void sigmoidInPlace(float[] x, int from, int to) {
    for (int at = from; at < to; at += CHUNK) {
      int end = Math.min(at + CHUNK, to);
      expInPlace(x, at, end);
      powerInPlace(x, at, end);
    }
  }

  private static void expInPlace(float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      x[i] = expm1OfThirtySecond(x[i]);
    }
  }

  private static void powerInPlace(float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      x[i] = sigmoidOfRoot(x[i]);
    }
  }

  /** {@link #sigmoidInPlace} for few numbers, as {@link #tanhOfFewInPlace}. */
  static void sigmoidOfFewInPlace(float[] x, int from, int to) {
    expOfFewInPlace(x, from, to);
    powerOfFewInPlace(x, from, to);
  }

  private static void expOfFewInPlace(float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      x[i] = expm1OfThirtySecond(x[i]);
    }
  }

  private static void powerOfFewInPlace(float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      x[i] = sigmoidOfRoot(x[i]);
    }
  }

  /**
   * exp(-x / 32) - 1 as a polynomial, the best where x is between -87.4 and {@link #SIGMOID_BOUND}.
   * Below -87.4 every term of it is positive, so its powers grow until they overflow.
   */
  private static float expm1OfThirtySecond(float value) {
    float x = Math.min(value, SIGMOID_BOUND);
    float square = x * x;
    float sum = Math.fma(7.120573e-22f, square, 2.8338864e-17f);
    sum = Math.fma(sum, square, Math.fma(-5.602998e-15f, x, 1.2918704e-12f));
    sum = Math.fma(sum, square, Math.fma(-2.4858746e-10f, x, 3.973112e-8f));
    sum = Math.fma(sum, square, Math.fma(-5.0863007e-6f, x, 4.8828125e-4f));
    return Math.fma(sum, square, -0.03125f * x);
  }

  /**
   * 1 / (1 + (1 + r)^32). Squaring 1 + r without the 1, as r * r + 2 * r, keeps the rounding as
   * small as r.
   */
  private static float sigmoidOfRoot(float root) {
    float r = Math.fma(root, root, root + root);
    r = Math.fma(r, r, r + r);
    r = Math.fma(r, r, r + r);
    float sixteenth = (1 + r) * (1 + r);
    return 1 / Math.fma(sixteenth, sixteenth, 1);
  }

  /**
   * Bounds |x|.
   *
   * @param bound infinite for none
   */
  static void clipInPlace(float bound, float[] x, int from, int to) {
    if (bound < Float.POSITIVE_INFINITY) {
      for (int i = from; i < to; i++) {
        x[i] = Math.max(-bound, Math.min(bound, x[i]));
      }
    }
  }

  /**
   * Applies an activation.
   *
   * @param width of a row, which softmax needs
   */
  static void activateInPlace(Activation activation, float[] x, int from, int to, int width) {
    switch (activation.kind()) {
      case LINEAR -> {}
      case TANH -> tanhInPlace(x, from, to);
      case SIGMOID -> sigmoidInPlace(x, from, to);
      case RELU -> {
        for (int i = from; i < to; i++) {
          x[i] = Math.max(0, x[i]);
        }
      }
      case HARD_SIGMOID -> hardSigmoidInPlace(activation, x, from, to);
      case SOFTMAX -> softmaxInPlace(x, from, to, width, false);
      case LOG_SOFTMAX -> softmaxInPlace(x, from, to, width, true);
      default -> {
        for (int i = from; i < to; i++) {
          x[i] = ScalarFunctions.activate(activation, x[i]);
        }
      }
    }
  }

  /**
   * {@link #activateInPlace} from the beginning of an array that has room behind the numbers: what
   * lies there may be overwritten.
   */
  static void activateManyInPlace(Activation activation, float[] x, int count) {
    boolean isFew = count < STRIDE;
    switch (activation.kind()) {
      case TANH -> {
        if (isFew) {
          tanhOfFewInPlace(x, 0, paddedFew(count));
        } else {
          tanhInPlace(x, 0, padded(count));
        }
      }
      case SIGMOID -> {
        if (isFew) {
          sigmoidOfFewInPlace(x, 0, paddedFew(count));
        } else {
          sigmoidInPlace(x, 0, padded(count));
        }
      }
      default -> activateInPlace(activation, x, 0, count, count);
    }
  }

  private static void hardSigmoidInPlace(Activation activation, float[] x, int from, int to) {
    float alpha = activation.alpha();
    float beta = activation.beta();
    for (int i = from; i < to; i++) {
      x[i] = Math.max(0, Math.min(1, Math.fma(alpha, x[i], beta)));
    }
  }

  private static void softmaxInPlace(float[] x, int from, int to, int width, boolean log) {
    for (int at = from; at < to; at += width) {
      softmaxOfRow(x, at, at + width, log);
    }
  }

  /**
   * The largest number is taken off first, so that no power overflows, and counted last, so that
   * the logarithm of a probability near 1 is right.
   */
  private static void softmaxOfRow(float[] x, int from, int to, boolean log) {
    int largest = from;
    for (int i = from + 1; i < to; i++) {
      // So that a number that is none is the largest.
      largest = x[i] <= x[largest] ? largest : i;
    }
    double top = x[largest];
    double others = 0;
    for (int i = from; i < to; i++) {
      others += i == largest ? 0 : Math.exp(x[i] - top);
    }
    double logSum = Math.log1p(others);
    for (int i = from; i < to; i++) {
      double difference = x[i] - top;
      x[i] = (float) (log ? difference - logSum : Math.exp(difference) / (1 + others));
    }
  }
}
