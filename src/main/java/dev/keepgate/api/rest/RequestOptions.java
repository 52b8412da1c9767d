package dev.keepgate.api.rest;

import dev.keepgate.inference.StepNumber;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/**
 * What a request's query string and headers ask for.
 *
 * @param returnSequences whether to answer every step; null where not said
 * @param trace whether to answer the gates; null where not said
 * @param deadline after which the work is dropped; null where not said
 * @param returnState whether a sequence's step answers the state; null where not said
 * @param step the number that a sequence's step is to have
 */
record RequestOptions(
    @Nullable Boolean returnSequences,
    @Nullable Boolean trace,
    @Nullable Duration deadline,
    @Nullable Boolean returnState,
    OptionalLong step) {

  static RequestOptions of(HttpServletRequest request) {
    return new RequestOptions(
        flag(request, "return_sequences"),
        flag(request, "trace"),
        deadline(request),
        flag(request, "return_state"),
        number(request, "step", 0, StepNumber.MAX));
  }

  /** After which the work is dropped; null where not said. */
  static @Nullable Duration deadline(HttpServletRequest request) {
    String deadline = request.getParameter("deadline");
    return duration("?deadline", deadline != null ? deadline : request.getHeader("deadline"));
  }

  /** A whole number of these bounds, in plain digits; empty where not said. */
  static OptionalLong number(HttpServletRequest request, String name, long min, long max) {
    String value = request.getParameter(name);
    if (value == null) {
      return OptionalLong.empty();
    }
    long number = value.matches("[0-9]{1,18}") ? Long.parseLong(value) : -1;
    if (number < min || number > max) {
      throw new TensorFormatException(
          "?" + name, "expected a whole number from %d to %d, got '%s'".formatted(min, max, value));
    }
    return OptionalLong.of(number);
  }

  private static @Nullable Boolean flag(HttpServletRequest request, String name) {
    String value = request.getParameter(name);
    if (value == null) {
      return null;
    }
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new TensorFormatException("?" + name, "expected true or false");
    };
  }

  static @Nullable Duration duration(String pointer, @Nullable String value) {
    if (value == null) {
      return null;
    }
    try {
      Duration duration = DurationStyle.detectAndParse(value);
      if (duration.toNanos() > 0) {
        return duration;
      }
    } catch (IllegalArgumentException | ArithmeticException e) {
      // Told below, with what would be right; nanoseconds overflow after 292 years.
    }
    throw new TensorFormatException(
        pointer, "expected a positive duration such as 50ms or 2s, got '" + value + "'");
  }
}
