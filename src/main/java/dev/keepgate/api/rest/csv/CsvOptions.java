package dev.keepgate.api.rest.csv;

import dev.keepgate.api.rest.RequestOptions;
import dev.keepgate.inference.ForecastSampling;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request with a CSV body asks for.
 *
 * @param reading how the file is read
 * @param window lines of a window; 0 for none; empty where not said
 * @param stride lines from a window to the next
 * @param ahead what is asked of a forecast
 * @param deadline after which the rest is dropped; null where not said
 * @param units in what numbers it speaks
 */
record CsvOptions(
    Reading reading,
    OptionalInt window,
    int stride,
    Ahead ahead,
    @Nullable Duration deadline,
    InferenceRequest.Units units) {

  private static final String WINDOW = "window";
  private static final String STRIDE = "stride";
  private static final String SEQUENCE = "sequence";
  private static final String MISSING = "missing";
  private static final String HEADER = "header";
  private static final String DELIMITER = "delimiter";
  private static final String COLUMNS = "columns";
  private static final String HORIZON = "horizon";
  private static final String QUANTILES = "quantiles";
  private static final String SAMPLES = "samples";
  private static final String SEED = "seed";
  private static final Pattern LEVEL = Pattern.compile("0?\\.[0-9]{1,17}");
  private static final int MOST_QUANTILES = 99;

  /**
   * How the file is read.
   *
   * @param sequence the column whose values name series; null where the file is one
   * @param columns the model's features by the file's names; empty where not said
   * @param header whether there is one; null where the first line tells
   */
  record Reading(
      @Nullable String sequence,
      List<String> columns,
      Missing missing,
      @Nullable Boolean header,
      char delimiter) {}

  /**
   * What is asked of a forecast.
   *
   * @param horizon how many steps; 0 where not said
   */
  record Ahead(int horizon, ForecastSampling sampling) {}

  static CsvOptions ofUnroll(HttpServletRequest request) {
    return of(
        request,
        List.of(
            WINDOW,
            STRIDE,
            SEQUENCE,
            MISSING,
            HEADER,
            DELIMITER,
            COLUMNS,
            "scaled",
            "top",
            "deadline",
            "return_state"));
  }

  static CsvOptions ofDetection(HttpServletRequest request) {
    return of(
        request,
        List.of(
            WINDOW, STRIDE, SEQUENCE, MISSING, HEADER, DELIMITER, COLUMNS, "scaled", "deadline"));
  }

  static CsvOptions ofForecast(HttpServletRequest request) {
    return of(
        request,
        List.of(
            HORIZON,
            QUANTILES,
            SAMPLES,
            SEED,
            SEQUENCE,
            MISSING,
            HEADER,
            DELIMITER,
            COLUMNS,
            "scaled",
            "deadline"));
  }

  static CsvOptions ofSequence(HttpServletRequest request) {
    return of(
        request,
        List.of(MISSING, HEADER, DELIMITER, COLUMNS, "scaled", "top", "deadline", "return_state"));
  }

  private static CsvOptions of(HttpServletRequest request, List<String> known) {
    RequestOptions common = RequestOptions.of(request, known);
    if (Boolean.TRUE.equals(common.answer().returnState())) {
      throw new TensorFormatException(
          "?return_state", "a CSV body is answered without its state; open a sequence to keep one");
    }
    return new CsvOptions(
        new Reading(
            request.getParameter(SEQUENCE),
            columns(request),
            missing(request),
            RequestOptions.flag(request, HEADER),
            delimiter(request)),
        window(request),
        number(request, STRIDE, 1, 1),
        new Ahead(number(request, HORIZON, 1, 0), sampling(request)),
        common.deadline(),
        common.units());
  }

  private static ForecastSampling sampling(HttpServletRequest request) {
    OptionalLong samples = RequestOptions.number(request, SAMPLES, 1, Integer.MAX_VALUE);
    return new ForecastSampling(
        samples.isPresent() ? OptionalInt.of((int) samples.getAsLong()) : OptionalInt.empty(),
        quantiles(request),
        RequestOptions.number(request, SEED, 0, ForecastSampling.MAX_SEED),
        false);
  }

  private static List<Double> quantiles(HttpServletRequest request) {
    String text = request.getParameter(QUANTILES);
    if (text == null) {
      return List.of();
    }
    List<Double> levels = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      double level = LEVEL.matcher(part).matches() ? Double.parseDouble(part) : 0;
      if (level <= 0 || levels.contains(level) || levels.size() == MOST_QUANTILES) {
        throw new TensorFormatException(
            "?quantiles",
            "expected at most %d levels between 0 and 1, each once, such as 0.1,0.9"
                .formatted(MOST_QUANTILES));
      }
      levels.add(level);
    }
    return levels;
  }

  private static OptionalInt window(HttpServletRequest request) {
    OptionalLong window = RequestOptions.number(request, WINDOW, 0, Integer.MAX_VALUE);
    return window.isPresent() ? OptionalInt.of((int) window.getAsLong()) : OptionalInt.empty();
  }

  private static int number(HttpServletRequest request, String name, int min, int absent) {
    return (int) RequestOptions.number(request, name, min, Integer.MAX_VALUE).orElse(absent);
  }

  private static List<String> columns(HttpServletRequest request) {
    String columns = request.getParameter(COLUMNS);
    if (columns == null) {
      return List.of();
    }
    List<String> names = Arrays.stream(columns.split(",", -1)).map(String::strip).toList();
    if (new HashSet<>(names).size() < names.size()) {
      throw new TensorFormatException("?columns", "names a column twice");
    }
    return names;
  }

  private static Missing missing(HttpServletRequest request) {
    String missing = request.getParameter(MISSING);
    if (missing == null) {
      return Missing.REFUSED;
    }
    return switch (missing) {
      case "previous" -> Missing.PREVIOUS;
      case "zero" -> Missing.ZERO;
      default -> throw new TensorFormatException("?missing", "expected previous or zero");
    };
  }

  private static char delimiter(HttpServletRequest request) {
    String delimiter = request.getParameter(DELIMITER);
    if (delimiter == null) {
      return ',';
    }
    return switch (delimiter) {
      case "," -> ',';
      case ";" -> ';';
      case "\t", "tab" -> '\t';
      default -> throw new TensorFormatException("?delimiter", "expected ',', ';' or 'tab'");
    };
  }
}
