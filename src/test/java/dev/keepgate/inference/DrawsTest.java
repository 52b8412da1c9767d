package dev.keepgate.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.model.Distribution;
import dev.keepgate.model.Distribution.Kind;
import dev.keepgate.model.Distribution.Parameter;
import dev.keepgate.model.Link;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.apache.commons.math3.distribution.LaplaceDistribution;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.PoissonDistribution;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.special.Beta;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Draws against the distributions' exact forms. */
class DrawsTest {

  private static final int COUNT = 200_000;

  /**
   * The Dvoretzky-Kiefer-Wolfowitz bound: a sample's distribution function is farther from the
   * exact one, anywhere, once in a billion times.
   */
  private static final double BOUND = Math.sqrt(Math.log(2 / 1e-9) / (2 * COUNT));

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());

  /**
   * A distribution and what is known of it.
   *
   * @param names of its parameters
   * @param cdf the probability of a number or less
   * @param variance NaN where there is none, or its estimate's spread is too wide
   */
  private record Case(
      Kind kind,
      List<String> names,
      double[] values,
      DoubleUnaryOperator cdf,
      double mean,
      double variance) {

    @Override
    public String toString() {
      return kind + " " + names + " " + Arrays.toString(values);
    }

    Distribution distribution() {
      List<Parameter> parameters = new ArrayList<>();
      for (String name : names) {
        parameters.add(new Parameter(name, List.of(parameters.size()), Link.LINEAR));
      }
      return new Distribution(kind, parameters, null);
    }
  }

  private static Case gaussian(double loc, double scale) {
    NormalDistribution exact = new NormalDistribution(null, loc, scale);
    return new Case(
        Kind.GAUSSIAN,
        List.of("loc", "scale"),
        new double[] {loc, scale},
        exact::cumulativeProbability,
        loc,
        scale * scale);
  }

  private static Case studentT(double df, double loc, double scale) {
    TDistribution exact = new TDistribution(null, df);
    return new Case(
        Kind.STUDENT_T,
        List.of("df", "loc", "scale"),
        new double[] {df, loc, scale},
        x -> exact.cumulativeProbability((x - loc) / scale),
        loc,
        df > 8 ? scale * scale * df / (df - 2) : Double.NaN);
  }

  private static Case laplace(double loc, double scale) {
    LaplaceDistribution exact = new LaplaceDistribution(null, loc, scale);
    return new Case(
        Kind.LAPLACE,
        List.of("loc", "scale"),
        new double[] {loc, scale},
        exact::cumulativeProbability,
        loc,
        2 * scale * scale);
  }

  private static Case poisson(double rate) {
    PoissonDistribution exact = new PoissonDistribution(rate);
    return new Case(
        Kind.POISSON,
        List.of("rate"),
        new double[] {rate},
        x -> exact.cumulativeProbability((int) x),
        rate,
        rate);
  }

  /**
   * @param count of failures, a real number
   * @param p of a success
   */
  private static Case negativeBinomial(
      List<String> names, double[] values, double count, double p) {
    double mean = count * p / (1 - p);
    return new Case(
        Kind.NEGATIVE_BINOMIAL,
        names,
        values,
        x -> Beta.regularizedBeta(1 - p, count, Math.floor(x) + 1),
        mean,
        mean / (1 - p));
  }

  static Stream<Case> cases() {
    return Stream.of(
        gaussian(0, 1),
        gaussian(-3e5, 0.01),
        studentT(30, 1, 2),
        studentT(3, -1, 0.5),
        studentT(0.7, 0, 1),
        laplace(2, 3),
        poisson(0.01),
        poisson(3.5),
        poisson(39.9),
        poisson(1e4),
        negativeBinomial(
            List.of("total_count", "logits"), new double[] {0.4, 1}, 0.4, Math.E / (1 + Math.E)),
        negativeBinomial(List.of("total_count", "probs"), new double[] {5.5, 0.25}, 5.5, 0.25),
        negativeBinomial(List.of("mean", "alpha"), new double[] {12, 0.5}, 2, 12 * 0.5 / 7));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void drawsAreOfTheDistribution(Case each) {
    Distribution distribution = each.distribution();
    double[] drawn = new double[COUNT];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < COUNT; i++) {
      drawn[i] = Draws.draw(distribution, each.values(), random::nextLong);
    }
    Arrays.sort(drawn);
    for (int i = 0; i < COUNT; i++) {
      if (i + 1 == COUNT || drawn[i + 1] > drawn[i]) {
        double exact = each.cdf().applyAsDouble(drawn[i]);
        assertThat(Math.abs((i + 1.0) / COUNT - exact))
            .as("seed %d: %s up to %s", seed, each, drawn[i])
            .isLessThan(BOUND);
      }
    }
    if (!Double.isNaN(each.variance())) {
      double mean = Arrays.stream(drawn).average().orElseThrow();
      double spread = Math.sqrt(each.variance() / COUNT);
      assertThat(Math.abs(mean - each.mean())).as("seed %d: mean", seed).isLessThan(6.5 * spread);
      double variance =
          Arrays.stream(drawn).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
      assertThat(variance / each.variance()).as("seed %d: variance", seed).isBetween(0.8, 1.25);
    }
  }

  @Test
  void endsOfTheRangesAreDrawn() {
    Distribution poisson = poisson(1).distribution();
    Distribution binomial =
        negativeBinomial(List.of("total_count", "logits"), new double[] {1, 0}, 1, 0.5)
            .distribution();
    SplittableRandom random = new SplittableRandom(seed);
    assertThat(Draws.draw(poisson, new double[] {0}, random::nextLong)).isZero();
    assertThat(Draws.draw(poisson, new double[] {1e18}, random::nextLong)).isNaN();
    assertThat(Draws.draw(binomial, new double[] {1, -1e9}, random::nextLong)).isZero();
    assertThat(Draws.draw(binomial, new double[] {1, 1e9}, random::nextLong)).isNaN();
    assertThat(Draws.draw(gaussian(1, 1).distribution(), new double[] {7, 0}, random::nextLong))
        .isEqualTo(7);
  }
}
