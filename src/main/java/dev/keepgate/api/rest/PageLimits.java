package dev.keepgate.api.rest;

import dev.keepgate.tensor.TensorFormatException;
import org.jspecify.annotations.Nullable;

/**
 * How many entries a page of a list has.
 *
 * @param byDefault where the request does not say
 * @param max at most
 */
record PageLimits(int byDefault, int max) {

  static final String LIMIT = "limit";
  static final String AFTER = "after";

  /**
   * @param settings the name that both settings begin with
   */
  static PageLimits of(String settings, int byDefault, int max) {
    if (byDefault > max) {
      throw new IllegalArgumentException(
          "%s.default-limit must not be above max-limit, got %d and %d"
              .formatted(settings, byDefault, max));
    }
    return new PageLimits(byDefault, max);
  }

  /** Entries in a page, by the query's {@code limit}. */
  int size(@Nullable String limit) {
    if (limit == null) {
      return byDefault;
    }
    if (limit.matches("[1-9][0-9]{0,8}") && Integer.parseInt(limit) <= max) {
      return Integer.parseInt(limit);
    }
    throw new TensorFormatException(
        "?" + LIMIT, "expected a whole number from 1 to %d, got '%s'".formatted(max, limit));
  }
}
