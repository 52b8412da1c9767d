package dev.keepgate.api.rest;

import dev.keepgate.api.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/**
 * What a request's query string and headers ask for.
 *
 * @param returnSequences whether to answer every step; null where not said
 * @param trace whether to answer the gates; null where not said
 * @param deadline after which the work is dropped; null where not said
 */
record RequestOptions(
    @Nullable Boolean returnSequences, @Nullable Boolean trace, @Nullable Duration deadline) {

  static RequestOptions of(HttpServletRequest request) {
    String deadline = request.getParameter("deadline");
    return new RequestOptions(
        flag(request, "return_sequences"),
        flag(request, "trace"),
        duration(deadline != null ? deadline : request.getHeader("deadline")));
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

  private static @Nullable Duration duration(@Nullable String value) {
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
        "?deadline", "expected a positive duration such as 50ms or 2s, got '" + value + "'");
  }
}
