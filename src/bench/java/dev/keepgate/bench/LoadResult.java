package dev.keepgate.bench;

import java.io.IOException;

/**
 * What a load saw.
 *
 * @param perSecond answers that served
 * @param p50Micros of all answers
 * @param p99Micros of all answers
 * @param refused answers of status 429, where they are counted apart
 * @param errors all other answers, and requests without one
 */
record LoadResult(double perSecond, double p50Micros, double p99Micros, long refused, long errors) {

  LoadResult requireServed() throws IOException {
    if (refused + errors > 0) {
      throw new IOException(
          "%d requests were refused and %d failed: nothing is measured".formatted(refused, errors));
    }
    return this;
  }

  static LoadResult faster(LoadResult a, LoadResult b) {
    return a.perSecond() >= b.perSecond() ? a : b;
  }
}
