package dev.keepgate.api.rest;

import dev.keepgate.inference.ForecastSampling;
import dev.keepgate.tensor.Tensor;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What KServe's time series forecast asks.
 *
 * @param model its name
 * @param inputs the time series
 * @param horizon how many steps to go on
 * @param sampling what is asked of the readings that may come
 */
record TimeSeriesRequest(
    String model, List<Series> inputs, int horizon, ForecastSampling sampling) {

  /**
   * A time series.
   *
   * @param index among the inputs
   * @param name of this request's alone
   * @param values [time] of one variable, [time, variables] of several
   * @param calendar when its steps are
   */
  record Series(int index, String name, Tensor.Doubles values, Calendar calendar) {

    /** Whether it is of one variable. */
    boolean isUnivariate() {
      return values.rank() == 1;
    }

    int time() {
      return values.shape()[0];
    }

    int width() {
      return isUnivariate() ? 1 : values.shape()[1];
    }

    /** Its type, as it is written. */
    String type() {
      return isUnivariate() ? UNIVARIATE : MULTIVARIATE;
    }
  }

  /**
   * When steps are.
   *
   * @param word the frequency as the request says it
   * @param start of the series; null where that is not said
   */
  record Calendar(Frequency frequency, String word, @Nullable OffsetDateTime start) {}

  static final String UNIVARIATE = "univariate_time_series";
  static final String MULTIVARIATE = "multivariate_time_series";
}
