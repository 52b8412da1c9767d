package dev.keepgate.inference;

import dev.keepgate.model.Distribution;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.AhrensDieterMarsagliaTsangGammaSampler;
import org.apache.commons.rng.sampling.distribution.PoissonSampler;
import org.apache.commons.rng.sampling.distribution.TSampler;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;

/** Draws numbers of distributions. */
final class Draws {

  /** Counts are drawn as ints. */
  private static final double LARGEST_RATE = 1e9;

  private Draws() {}

  /**
   * Draws a number.
   *
   * @param values of the distribution's parameters, which it allows
   * @return NaN where the values are too large to draw
   */
  static double draw(Distribution distribution, double[] values, UniformRandomProvider random) {
    return switch (distribution.kind()) {
      case GAUSSIAN -> values[0] + values[1] * gaussian(random);
      case STUDENT_T -> values[1] + values[2] * TSampler.of(random, values[0]).sample();
      case LAPLACE -> values[0] + values[1] * laplace(random);
      case POISSON -> poisson(values[0], random);
      case NEGATIVE_BINOMIAL ->
          negativeBinomial(distribution.parameters().get(1).name(), values, random);
      case QUANTILES -> throw new IllegalArgumentException("quantiles are no distribution");
    };
  }

  private static double gaussian(UniformRandomProvider random) {
    return ZigguratSampler.NormalizedGaussian.of(random).sample();
  }

  private static double laplace(UniformRandomProvider random) {
    double amount = ZigguratSampler.Exponential.of(random).sample();
    return random.nextBoolean() ? amount : -amount;
  }

  private static double poisson(double rate, UniformRandomProvider random) {
    if (rate > LARGEST_RATE) {
      return Double.NaN;
    }
    return rate > 0 ? PoissonSampler.of(random, rate).sample() : 0;
  }

  /** A Poisson distribution whose rate is of a gamma distribution. */
  private static double negativeBinomial(
      String second, double[] values, UniformRandomProvider random) {
    double shape = second.equals("alpha") ? 1 / values[1] : values[0];
    double odds =
        switch (second) {
          case "logits" -> Math.exp(values[1]);
          case "probs" -> values[1] / (1 - values[1]);
          default -> values[0] * values[1];
        };
    if (odds == 0) {
      return 0;
    }
    if (!Double.isFinite(odds) || !Double.isFinite(shape)) {
      return Double.NaN;
    }
    return poisson(AhrensDieterMarsagliaTsangGammaSampler.of(random, shape, odds).sample(), random);
  }
}
