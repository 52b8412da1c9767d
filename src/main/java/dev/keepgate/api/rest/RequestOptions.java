package dev.keepgate.api.rest;

import dev.keepgate.api.http.QueryParameters;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.StepNumber;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/**
 * What a request's query string and headers ask for.
 *
 * @param answer what is to be answered
 * @param deadline after which the work is dropped; null where not said
 * @param step the number that a sequence's step is to have
 * @param units in what numbers it speaks
 */
public record RequestOptions(
    Answer answer, @Nullable Duration deadline, OptionalLong step, InferenceRequest.Units units) {

  /**
   * What is to be answered; null where not said.
   *
   * @param returnSequences whether every step
   * @param trace whether the gates
   * @param returnState whether the state
   * @param detect whether a sequence's step is held against what was said of it
   */
  public record Answer(
      @Nullable Boolean returnSequences,
      @Nullable Boolean trace,
      @Nullable Boolean returnState,
      @Nullable Boolean detect) {}

  /** More classes than any list of them is read. */
  static final int MOST_CLASSES = 1000;

  private static final String RETURN_SEQUENCES = "return_sequences";
  private static final String TRACE = "trace";
  private static final String DEADLINE = "deadline";
  private static final String RETURN_STATE = "return_state";
  private static final String STEP = "step";
  private static final String SCALED = "scaled";
  private static final String TOP = "top";
  private static final String DETECT = "detect";

  /** What a request of a model may ask for. */
  static RequestOptions ofModel(HttpServletRequest request) {
    return of(request, RETURN_SEQUENCES, TRACE, DEADLINE, RETURN_STATE, SCALED, TOP);
  }

  /** What a request of a sequence may ask for. */
  static RequestOptions ofSequence(HttpServletRequest request) {
    return of(request, STEP, RETURN_STATE, RETURN_SEQUENCES, DEADLINE, SCALED, TOP, DETECT);
  }

  /** What a request may ask for whose answer is about readings: a forecast or a detection. */
  static RequestOptions ofReadings(HttpServletRequest request) {
    return of(request, DEADLINE, SCALED);
  }

  /** What a text may ask for. */
  static RequestOptions ofGenerate(HttpServletRequest request) {
    return of(request, DEADLINE);
  }

  private static RequestOptions of(HttpServletRequest request, String... known) {
    return of(request, List.of(known));
  }

  /**
   * What a request may ask for.
   *
   * @param known the query parameters that there are, those that are read elsewhere among them
   */
  public static RequestOptions of(HttpServletRequest request, List<String> known) {
    if (request.getQueryString() != null) {
      QueryParameters.requireOnly(request, known.toArray(String[]::new));
    }
    return new RequestOptions(
        new Answer(
            flag(request, RETURN_SEQUENCES),
            flag(request, TRACE),
            flag(request, RETURN_STATE),
            flag(request, DETECT)),
        deadline(request),
        number(request, STEP, 0, StepNumber.MAX),
        new InferenceRequest.Units(
            Boolean.TRUE.equals(flag(request, SCALED)),
            (int) number(request, TOP, 1, MOST_CLASSES).orElse(1)));
  }

  /** After which the work is dropped; null where not said. */
  static @Nullable Duration deadline(HttpServletRequest request) {
    String deadline = request.getParameter(DEADLINE);
    return duration("?deadline", deadline != null ? deadline : request.getHeader(DEADLINE));
  }

  /** A whole number of these bounds, in plain digits; empty where not said. */
  public static OptionalLong number(HttpServletRequest request, String name, long min, long max) {
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

  /** A flag; null where not said. */
  public static @Nullable Boolean flag(HttpServletRequest request, String name) {
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
