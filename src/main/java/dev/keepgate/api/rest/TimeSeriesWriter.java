package dev.keepgate.api.rest;

import dev.keepgate.api.json.ForecastWriter;
import dev.keepgate.api.rest.TimeSeriesRequest.Series;
import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.ForecastResult.Quantile;
import dev.keepgate.tensor.JsonBuffer;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Writes the answer of KServe's time series forecast. */
final class TimeSeriesWriter {

  /**
   * A series' forecast.
   *
   * @param row of the result
   */
  record Row(Series series, ForecastResult result, int row) {}

  private final String model;
  private final List<Row> rows;
  private final Clock clock;

  TimeSeriesWriter(String model, List<Row> rows, Clock clock) {
    this.model = model;
    this.rows = rows;
    this.clock = clock;
  }

  /** How many numbers it has. */
  long numbers() {
    long numbers = 0;
    for (Row row : rows) {
      numbers += row.result().numbers() / row.result().shape().batch();
    }
    return numbers;
  }

  private static String id(String prefix) {
    return prefix + UUID.randomUUID().toString().replace("-", "");
  }

  void write(JsonBuffer json) {
    json.raw("{").name("id").string(id("resp_"));
    json.raw(",\"created_at\":" + clock.instant().getEpochSecond());
    json.raw(",\"status\":\"completed\",\"error\":null,\"model\":").string(model);
    json.raw(",\"outputs\":[");
    for (Row row : rows) {
      json.comma().raw("{\"type\":\"time_series_forecast\",\"id\":").string(id("ts_"));
      json.raw(",\"status\":\"completed\",\"content\":[");
      write(json, row);
      json.raw("],\"error\":null}");
    }
    json.raw("]}");
  }

  private static void write(JsonBuffer json, Row row) {
    Series series = row.series();
    json.raw("{\"type\":").string(series.type()).raw(",\"name\":").string(series.name());
    json.raw(",\"mean_forecast\":");
    write(json, row, row.result().values());
    json.raw(",\"frequency\":").string(series.calendar().word());
    json.raw(",\"start_timestamp\":").raw(start(series));
    if (!row.result().quantiles().isEmpty()) {
      json.raw(",\"quantiles\":{");
      for (Quantile quantile : row.result().quantiles()) {
        write(json.comma().name(ForecastWriter.level(quantile)), row, quantile.values());
      }
      json.raw("}");
    }
    json.raw("}");
  }

  /** When the first step that was not observed is. */
  private static String start(Series series) {
    OffsetDateTime start = series.calendar().start();
    return start == null
        ? "null"
        : '"'
            + DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                series.calendar().frequency().after(start, series.time()))
            + '"';
  }

  private static void write(JsonBuffer json, Row row, double[] values) {
    ForecastResult.Shape shape = row.result().shape();
    int at = shape.at(row.row(), 0);
    double[] own = Arrays.copyOfRange(values, at, at + shape.horizon() * shape.targets());
    int[] sizes =
        row.series().isUnivariate()
            ? new int[] {shape.horizon()}
            : new int[] {shape.horizon(), shape.targets()};
    new ForecastWriter(row.result()).tensor(json, own, sizes);
  }
}
