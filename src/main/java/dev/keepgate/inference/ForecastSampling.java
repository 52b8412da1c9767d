package dev.keepgate.inference;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a forecast is asked of the readings that may come.
 *
 * @param samples how many paths to draw; empty for the usual number
 * @param quantiles levels between 0 and 1, each once
 * @param seed of the draws; empty for one that nobody knows
 * @param returnSamples whether to answer the paths themselves
 */
public record ForecastSampling(
    OptionalInt samples, List<Double> quantiles, OptionalLong seed, boolean returnSamples) {

  /** Nothing. */
  public static final ForecastSampling NONE =
      new ForecastSampling(OptionalInt.empty(), List.of(), OptionalLong.empty(), false);

  /** The largest seed: each is a whole number in JSON's doubles, too. */
  public static final long MAX_SEED = (1L << 53) - 1;

  /** Paths that are drawn where nobody says. */
  static final int USUAL_SAMPLES = 100;

  public ForecastSampling {
    quantiles = List.copyOf(quantiles);
  }

  /** The field that asks for draws; null where none does. */
  @Nullable String drawing() {
    if (samples.isPresent()) {
      return "/samples";
    }
    return seed.isPresent() ? "/seed" : returnSamples ? "/return_samples" : null;
  }
}
