package dev.keepgate.kernel.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.model.Activation;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Single precision against double, densely over all that is not saturated, and beyond. */
class FloatFunctionsTest {

  private static final int POINTS = 4_000_001;
  private static final float FARTHEST = 20;

  private final long seed = Long.getLong("keepgate.seed", new Random().nextInt(1_000_000));
  private final Random random = new Random(seed);

  @Test
  void tanhIsWithinThreeUnitsOfSinglePrecision() {
    assertClose(Activation.TANH, Math::tanh, 3 * 1.1920929e-7, 6);
  }

  @Test
  void tanhOfTinyNumbersKeepsItsDigits() {
    for (float x = 1e-30f; x < 1e-2f; x *= 1.01f) {
      float[] values = {x, -x};
      FloatFunctions.activateInPlace(Activation.TANH, values, 0, 2, 2);
      assertThat(Math.abs(values[0] - Math.tanh(x))).isLessThan(3 * Math.ulp(x));
      assertThat(values[1]).isEqualTo(-values[0]);
    }
  }

  @Test
  void sigmoidIsWithinTwoUnitsOfSinglePrecision() {
    assertClose(Activation.SIGMOID, x -> 1 / (1 + Math.exp(-x)), 1.5e-7, Double.MAX_VALUE);
  }

  /** Below -87 its polynomial is out of its range: there it has to fall to zero without a turn. */
  @Test
  void sigmoidFallsToZeroAndStaysThere() {
    float previous = Float.MIN_NORMAL;
    for (float x = -87.4f; x > Float.NEGATIVE_INFINITY; x *= 1.0001f) {
      float[] values = {x};
      FloatFunctions.activateInPlace(Activation.SIGMOID, values, 0, 1, 1);
      assertThat(values[0]).as("at %s", x).isBetween(0f, previous);
      previous = values[0];
    }
    assertThat(previous).isZero();
  }

  @Test
  void extremesSaturateAndNotANumberStays() {
    float[] values = {
      Float.MAX_VALUE, -Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN
    };
    float[] sigmoids = values.clone();
    FloatFunctions.activateInPlace(Activation.TANH, values, 0, 5, 5);
    FloatFunctions.activateInPlace(Activation.SIGMOID, sigmoids, 0, 5, 5);
    for (int i = 0; i < 4; i++) {
      float limit = i % 2 == 0 ? 1 : -1;
      assertThat(Math.abs(values[i] - limit)).isLessThan(3.2e-7f);
      assertThat(Math.abs(sigmoids[i] - (limit + 1) / 2)).isLessThan(2e-7f);
    }
    assertThat(values[4]).isNaN();
    assertThat(sigmoids[4]).isNaN();
  }

  /** However many there are, and wherever in the array: pieces of many are computed apart. */
  @RepeatedTest(20)
  void manyAreComputedLikeOneAndOthersAreLeftAlone() {
    int from = random.nextInt(20);
    int to = from + 1 + random.nextInt(10_000);
    float[] values = new float[to + random.nextInt(20)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (2 * random.nextFloat() - 1) * 2 * FARTHEST;
    }
    float[] many = values.clone();
    float[] few = values.clone();
    FloatFunctions.sigmoidInPlace(many, from, to);
    FloatFunctions.sigmoidOfFewInPlace(few, from, to);
    for (int i = 0; i < values.length; i++) {
      float[] one = {values[i]};
      if (i >= from && i < to) {
        FloatFunctions.sigmoidInPlace(one, 0, 1);
      }
      assertThat(many[i]).as("seed %s, %s of %s to %s", seed, i, from, to).isEqualTo(one[0]);
      assertThat(few[i]).as("seed %s, %s of %s to %s", seed, i, from, to).isEqualTo(one[0]);
    }
  }

  private static void assertClose(
      Activation activation, DoubleUnaryOperator exact, double bound, double ulps) {
    float[] values = new float[POINTS];
    for (int i = 0; i < POINTS; i++) {
      values[i] = at(i);
    }
    FloatFunctions.activateInPlace(activation, values, 0, POINTS, POINTS);
    double largest = 0;
    double largestUlps = 0;
    for (int i = 0; i < POINTS; i++) {
      double expected = exact.applyAsDouble(at(i));
      double error = Math.abs(values[i] - expected);
      largest = Math.max(largest, error);
      largestUlps = Math.max(largestUlps, error / Math.ulp((float) expected));
    }
    assertThat(largest).isLessThan(bound);
    assertThat(largestUlps).isLessThan(ulps);
  }

  private static float at(int i) {
    return (2f * i / (POINTS - 1) - 1) * FARTHEST;
  }
}
