package dev.keepgate.inference;

import dev.keepgate.model.Distribution;
import dev.keepgate.model.Signature;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model's forecasts are made of, and how wide they are.
 *
 * @param window how many steps of a history it sees; 0 where it goes on from its state
 * @param width how many numbers a forecast step has
 * @param known columns of the model's own input that must be known ahead
 * @param draws whether its output is a distribution, of which paths are drawn
 */
public record ForecastShape(int window, int width, List<Integer> known, boolean draws) {

  /** How many paths a history has. */
  public int paths(ForecastSampling sampling) {
    return draws ? sampling.samples().orElse(ForecastSampling.USUAL_SAMPLES) : 1;
  }

  /**
   * The shape of a model's forecasts.
   *
   * @throws InferenceException.CannotForecast if it does not forecast
   */
  public static ForecastShape of(Signature signature) {
    ForecastPlan plan = ForecastPlan.of(signature);
    return new ForecastShape(
        plan.window(),
        plan.width(),
        Arrays.stream(plan.known()).boxed().toList(),
        isDrawn(signature.settings().forecasting().distribution()));
  }

  private static boolean isDrawn(@Nullable Distribution distribution) {
    return distribution != null && distribution.kind() != Distribution.Kind.QUANTILES;
  }
}
