package dev.keepgate.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.reference.ReferenceActivations;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every activation of a kernel, over all that a float can be: the error relative to the value
 * itself, not to 1, is bounded down to the smallest normal number, and below that it is no larger
 * than that number. The reference is held against arithmetic of a hundred digits, the others
 * against the reference.
 */
public abstract class ActivationContract {

  /** What rounding a sigmoid's argument alone may cost at -87. */
  private static final double BOUND = 6e-6;

  private static final int MODELS = 10;

  private static final int RANDOM_POINTS = 200_000;

  /**
   * Applies the kernel's activation.
   *
   * @param x rows of {@code width} numbers; stays as it is
   */
  protected abstract float[] compute(Activation activation, float[] x, int width);

  protected abstract LstmKernel kernel();

  /** In cells and heads, where a kernel may have loops of its own for it. */
  @ParameterizedTest
  @EnumSource
  public void cellsAndHeadsAgreeWithTheReference(Kind kind) {
    for (long seed = 0; seed < MODELS; seed++) {
      KernelAgreement.assertAgree(kernel(), RandomModels.of(kind, seed));
    }
  }

  public static Stream<Activation> elementwise() {
    return Arrays.stream(Kind.values())
        .filter(kind -> !kind.isOfRow())
        .flatMap(ActivationContract::ofKind);
  }

  private static Stream<Activation> ofKind(Kind kind) {
    return switch (kind) {
      case HARD_SIGMOID -> Stream.of(Activation.HARD_SIGMOID_FIFTH, Activation.HARD_SIGMOID_SIXTH);
      case SCALED_TANH -> Stream.of(new Activation(kind, 1.7159f, 0.6667f));
      case AFFINE -> Stream.of(new Activation(kind, 0.6f, 0.1f));
      case HARD_SWISH -> Stream.of(Activation.HARD_SWISH_SIXTH);
      case CLIP -> Stream.of(new Activation(kind, -0.4f, 6));
      case SELU -> Stream.of(new Activation(kind, 1.6732632f, 1.050701f));
      case THRESHOLDED_RELU -> Stream.of(new Activation(kind, 1, 0));
      case CELU -> Stream.of(new Activation(kind, 0.7f, 0));
      case SQUAREPLUS -> Stream.of(new Activation(kind, 4, 0));
      case HARD_SHRINK, SOFT_SHRINK -> Stream.of(new Activation(kind, 0.5f, 0));
      case THRESHOLD -> Stream.of(new Activation(kind, 0.5f, -20));
      case LEAKY_RELU, ELU -> Stream.of(new Activation(kind, 0.3f, 0));
      default -> Stream.of(Activation.of(kind));
    };
  }

  @ParameterizedTest
  @MethodSource("elementwise")
  public void isRightRelativeToTheValue(Activation activation) {
    float[] x = floats(activation);
    float[] y = compute(activation, x, 1);
    for (int i = 0; i < x.length; i++) {
      double exact = ReferenceActivations.activate(activation, x[i]);
      assertClose(y[i], exact, BOUND, activation, x[i]);
    }
  }

  public static Stream<float[]> rows() {
    Random random = new Random(7);
    return Stream.concat(
        Stream.of(
            new float[] {3},
            new float[] {0, 0, 0},
            new float[] {60, 0, -20},
            new float[] {0, -5, -50, -87},
            new float[] {-200, -250, -286.5f},
            new float[] {1000, 0, 1000},
            new float[] {30.1f, -50.3f, 30.1f, 12.7f},
            new float[] {1e-20f, 0, -40},
            new float[] {5, 4.999998f, 4.999996f, 1}),
        random
            .ints(40, 1, 9)
            .mapToObj(
                width -> {
                  float[] row = new float[width];
                  float spread = (float) Math.exp(random.nextDouble() * 5);
                  for (int i = 0; i < width; i++) {
                    row[i] = (float) random.nextGaussian() * spread;
                  }
                  return row;
                }));
  }

  @ParameterizedTest
  @MethodSource("rows")
  public void softmaxesAreRightRelativeToTheValue(float[] row) {
    for (Kind kind : List.of(Kind.SOFTMAX, Kind.LOG_SOFTMAX)) {
      Activation activation = Activation.of(kind);
      float[] ours = compute(activation, row, row.length);
      for (int i = 0; i < row.length; i++) {
        double exact = ExactFunctions.ofRow(kind, row, i);
        String at = "[%d] of %s".formatted(i, Arrays.toString(row));
        assertClose(ours[i], exact, BOUND, activation, at);
      }
    }
  }

  /** What is no number stays none, so that a request can be told. */
  @ParameterizedTest
  @MethodSource("elementwise")
  public void notANumberStays(Activation activation) {
    assertThat(compute(activation, new float[] {1, Float.NaN, -1}, 1)[1]).isNaN();
  }

  /** Whether a number is right, relative to what it should be. */
  public static void assertClose(
      double actual, double exact, double bound, Activation activation, Object at) {
    double allowed = Math.max(bound * Math.abs(exact), Float.MIN_NORMAL);
    boolean isBeyond = Math.abs(exact) > Float.MAX_VALUE * (1 - bound);
    // Written so that NaN fails.
    boolean isRight =
        Math.abs(actual - exact) <= allowed
            || (isBeyond && actual * Math.signum(exact) >= Float.MAX_VALUE * (1 - bound));
    if (!isRight) {
      assertThat(actual).as("%s at %s", activation, at).isEqualTo(exact);
    }
  }

  /** Every exponent and both signs, the range that matters densely, and where a line is zero. */
  private static float[] floats(Activation activation) {
    Random random = new Random(activation.hashCode());
    DoubleStream bits =
        random.doubles(RANDOM_POINTS).map(u -> Float.intBitsToFloat((int) (u * 0x7f800000L)));
    DoubleStream dense = random.doubles(RANDOM_POINTS, -110, 110);
    DoubleStream near = random.doubles(RANDOM_POINTS, -4, 4);
    double[] all =
        DoubleStream.concat(
                DoubleStream.concat(bits.flatMap(x -> DoubleStream.of(x, -x)), dense),
                DoubleStream.concat(near, Arrays.stream(points(activation))))
            .toArray();
    float[] floats = new float[all.length];
    for (int i = 0; i < all.length; i++) {
      floats[i] = (float) all[i];
    }
    return floats;
  }

  /** A few floats of each kind: tiny, common, in the tails, huge, and about the zero of a line. */
  public static double[] points(Activation activation) {
    double[] sizes = {
      Float.MIN_NORMAL,
      1e-30,
      1e-20,
      1e-12,
      1e-9,
      1e-7,
      1e-6,
      1e-5,
      2e-4,
      3e-4,
      4e-4,
      1e-3,
      0.01,
      0.1,
      0.3,
      0.49,
      0.9,
      1,
      1.1,
      1.9,
      2.1,
      3,
      5,
      8,
      9,
      10,
      12,
      13,
      15,
      16,
      16.6,
      16.8,
      17.4,
      17.6,
      20,
      39,
      41,
      60,
      80,
      87,
      87.4,
      88,
      88.8,
      90,
      92,
      100,
      104,
      110,
      1000,
      1e6,
      1e18,
      1e20,
      1e30,
      Float.MAX_VALUE
    };
    float root = activation.alpha() == 0 ? 0 : -activation.beta() / activation.alpha();
    DoubleStream around =
        DoubleStream.iterate(root - 20 * Math.ulp(root), x -> x + Math.ulp(root)).limit(41);
    return DoubleStream.concat(
            DoubleStream.concat(DoubleStream.of(0), around),
            Arrays.stream(sizes).flatMap(size -> DoubleStream.of(size, -size)))
        .map(x -> (float) x)
        .toArray();
  }
}
