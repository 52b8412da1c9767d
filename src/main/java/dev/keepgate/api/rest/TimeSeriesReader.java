package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.json.JsonFields;
import dev.keepgate.api.rest.TimeSeriesRequest.Calendar;
import dev.keepgate.api.rest.TimeSeriesRequest.Series;
import dev.keepgate.inference.ForecastSampling;
import dev.keepgate.model.ModelId;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the body of KServe's time series forecast. Fields that are not known here are passed over,
 * as its reference has it: a client may send what other servers know.
 */
final class TimeSeriesReader {

  private final ArrayMemory memory;
  private @Nullable String model;
  private @Nullable List<Series> inputs;
  private boolean hasOptions;
  private int horizon;
  private List<Double> quantiles = List.of();
  private OptionalInt samples = OptionalInt.empty();
  private OptionalLong seed = OptionalLong.empty();

  private TimeSeriesReader(ArrayMemory memory) {
    this.memory = memory;
  }

  /**
   * Reads a whole body.
   *
   * @param memory of the series
   * @throws TensorFormatException if it is none
   */
  static TimeSeriesRequest read(Body body, ArrayMemory memory) {
    TimeSeriesReader reader = new TimeSeriesReader(memory);
    JsonFields.read(body.bytes(), body.size(), reader::field);
    return reader.request();
  }

  private void field(JsonParser json, String field) {
    switch (field) {
      case "model" -> model = JsonFields.text(json, "/model");
      case "inputs" -> inputs = inputs(json);
      case "options" -> {
        hasOptions = true;
        object(json, "/options", this::option);
      }
      default -> json.skipChildren();
    }
  }

  private static void object(JsonParser json, String pointer, JsonFields.FieldReader reader) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TensorFormatException(pointer, "expected an object");
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = json.currentName();
      json.nextToken();
      reader.read(json, field);
    }
  }

  private void option(JsonParser json, String field) {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    switch (field) {
      case "horizon" ->
          horizon = (int) JsonFields.number(json, "/options/horizon", 1, Integer.MAX_VALUE);
      case "quantiles" ->
          quantiles = absent ? List.of() : ForecastReader.levels(json, "/options/quantiles");
      case "samples" ->
          samples =
              OptionalInt.of(
                  (int) JsonFields.number(json, "/options/samples", 1, Integer.MAX_VALUE));
      case "seed" ->
          seed =
              OptionalLong.of(
                  JsonFields.number(json, "/options/seed", 0, ForecastSampling.MAX_SEED));
      default -> json.skipChildren();
    }
  }

  private List<Series> inputs(JsonParser json) {
    List<Series> series = new ArrayList<>();
    Set<String> names = new HashSet<>();
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new TensorFormatException("/inputs", "expected an array of time series");
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      InputReader reader = new InputReader(series.size());
      object(json, reader.pointer, reader::field);
      Series read = reader.series();
      if (!names.add(read.name())) {
        throw new TensorFormatException(reader.pointer + "/name", "is there twice");
      }
      series.add(read);
    }
    if (series.isEmpty()) {
      throw new TensorFormatException("/inputs", "expected a time series at least");
    }
    return series;
  }

  /** Reads one time series. */
  private final class InputReader {
    private final int index;
    private final String pointer;
    private @Nullable String type;
    private @Nullable String name;
    private @Nullable String frequency;
    private @Nullable String start;
    private Tensor.@Nullable Doubles values;

    InputReader(int index) {
      this.index = index;
      this.pointer = "/inputs/" + index;
    }

    void field(JsonParser json, String field) {
      String at = pointer + TensorFormatException.token(field);
      switch (field) {
        case "type" -> type = JsonFields.text(json, at);
        case "name" -> name = JsonFields.text(json, at);
        case "series" -> values = JsonTensorReader.readDoubles(json, at, memory);
        case "frequency" -> frequency = JsonFields.text(json, at);
        case "start_timestamp" -> start = JsonFields.optionalText(json, at);
        default -> json.skipChildren();
      }
    }

    Series series() {
      String kind = required(type, "type");
      boolean isUnivariate = kind.equals(TimeSeriesRequest.UNIVARIATE);
      if (!isUnivariate && !kind.equals(TimeSeriesRequest.MULTIVARIATE)) {
        throw new TensorFormatException(
            pointer + "/type",
            "expected %s or %s"
                .formatted(TimeSeriesRequest.UNIVARIATE, TimeSeriesRequest.MULTIVARIATE));
      }
      Tensor.Doubles read = required(values, "series");
      if (read.rank() != (isUnivariate ? 1 : 2) || read.values().length == 0) {
        throw new TensorFormatException(
            pointer + "/series",
            isUnivariate
                ? "expected an array of numbers"
                : "expected an array of arrays, of each step its variables");
      }
      return new Series(index, required(name, "name"), read, calendar());
    }

    private Calendar calendar() {
      String word = required(frequency, "frequency");
      Frequency known = Frequency.of(word);
      if (known == null) {
        throw new TensorFormatException(
            pointer + "/frequency", "'%s' is not one of %s".formatted(word, Frequency.known()));
      }
      String text = start;
      OffsetDateTime moment = text == null ? null : Frequency.moment(text);
      if (text != null && moment == null) {
        throw new TensorFormatException(
            pointer + "/start_timestamp", "expected a moment such as 2026-03-01T10:00:00Z");
      }
      return new Calendar(known, word, moment);
    }

    private <T> T required(@Nullable T value, String field) {
      if (value == null) {
        throw new TensorFormatException(pointer + "/" + field, "is missing");
      }
      return value;
    }
  }

  private TimeSeriesRequest request() {
    String name = model;
    List<Series> series = inputs;
    if (name == null || !ModelId.isName(name)) {
      throw new TensorFormatException(
          "/model", name == null ? "is missing" : "is no name of a model");
    }
    if (series == null) {
      throw new TensorFormatException("/inputs", "is missing");
    }
    if (horizon == 0) {
      throw new TensorFormatException(hasOptions ? "/options/horizon" : "/options", "is missing");
    }
    return new TimeSeriesRequest(
        name, series, horizon, new ForecastSampling(samples, quantiles, seed, false));
  }
}
