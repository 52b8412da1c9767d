package dev.keepgate.kernel;

import dev.keepgate.model.Activation;

/**
 * Activations over parts of arrays in single precision. HotSpot turns a loop over one index of
 * whole arrays into vector instructions, so that is how they are written.
 */
final class FloatFunctions {

  /** Beyond it tanh is 1 in single precision. */
  private static final float BOUND = 8.017734f;

  /** What HotSpot's vectorised loop takes at a time; it goes through what is left one by one. */
  static final int STRIDE = 256;

  /** The same where HotSpot saw that they are few. */
  private static final int SHORT_STRIDE = 16;

  private static final int SHORTEST = 48;

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
  private static float tanh(float value) {
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

  /** sigmoid(x) = (tanh(x / 2) + 1) / 2. */
  static void sigmoidInPlace(float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      x[i] = Math.fma(tanh(x[i] * 0.5f), 0.5f, 0.5f);
    }
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
          x[i] = (float) ReferenceFunctions.activate(activation, x[i]);
        }
      }
    }
  }

  private static void hardSigmoidInPlace(Activation activation, float[] x, int from, int to) {
    float alpha = activation.alpha();
    float beta = activation.beta();
    for (int i = from; i < to; i++) {
      x[i] = Math.max(0, Math.min(1, Math.fma(alpha, x[i], beta)));
    }
  }

  /** The largest number is taken off first, so that no power overflows. */
  private static void softmaxInPlace(float[] x, int from, int to, int width, boolean log) {
    for (int at = from; at < to; at += width) {
      float largest = Float.NEGATIVE_INFINITY;
      for (int i = at; i < at + width; i++) {
        largest = Math.max(largest, x[i]);
      }
      double sum = 0;
      for (int i = at; i < at + width; i++) {
        sum += Math.exp((double) x[i] - largest);
      }
      double logSum = Math.log(sum);
      for (int i = at; i < at + width; i++) {
        double difference = (double) x[i] - largest;
        x[i] = (float) (log ? difference - logSum : Math.exp(difference) / sum);
      }
    }
  }
}
