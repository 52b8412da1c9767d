package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** KServe's time series forecast, by the fields of its reference. */
class TimeSeriesHttpTest extends ServerTest {

  private static final String PATH = "/v1/timeseries/forecast";

  private void serve(String name, Path file, String config) throws Exception {
    if (send(request("GET", "/v1/models/" + name, null)).statusCode() == 404) {
      HttpResponse<byte[]> put = upload(name, List.of(file), config);
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
  }

  private void serveDrawn() throws Exception {
    Path file = Path.of("src/test/resources/forecasts/gaussian/model.pt");
    serve("series-drawn", file, "{\"distribution\": \"gaussian\"}");
  }

  private void servePairs() throws Exception {
    Path file = Path.of("src/test/resources/golden-scalers/forecast-stateful/model.pt");
    serve("series-pairs", file, "{}");
  }

  private JsonNode ask(String path, String body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body);
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return json(response);
  }

  /** As the reference's own example, in its fields and their order. */
  @Test
  void answersTheFieldsOfTheReference() throws Exception {
    serveDrawn();
    JsonNode answer =
        ask(
            PATH,
            """
            {"model": "series-drawn",
             "inputs": [
               {"type": "univariate_time_series", "name": "price", "series": [0.1, 0.2, 0.5, 0.7, 0.1, 0.3, 0.5],
                "frequency": "D", "start_timestamp": "2025-06-05T13:10:00Z"},
               {"type": "univariate_time_series", "name": "humidity", "series": [0.3, 0.4, 0.5, 0.6, 0.7],
                "frequency": "H", "start_timestamp": "2025-06-05T13:10:00Z"},
               {"type": "univariate_time_series", "name": "wind", "series": [0.1, 0.2, 0.5, 0.7, 0.1],
                "frequency": "week", "other": [1]}],
             "options": {"horizon": 4, "quantiles": [0.1, 0.5, 0.9], "seed": 3, "other_options": "value"},
             "metadata": {"request_id": "mine"}, "other_properties": "value"}""");
    assertThat(answer.propertyNames())
        .containsExactly("id", "created_at", "status", "error", "model", "outputs");
    assertThat(answer.path("id").asString()).startsWith("resp_");
    assertThat(answer.path("created_at").isIntegralNumber()).isTrue();
    assertThat(answer.path("status").asString()).isEqualTo("completed");
    assertThat(answer.path("model").asString()).isEqualTo("series-drawn");
    assertThat(answer.path("outputs").size()).isEqualTo(3);
    List<String> names = List.of("price", "humidity", "wind");
    List<String> starts = List.of("2025-06-12T13:10:00Z", "2025-06-05T18:10:00Z", "");
    for (int i = 0; i < 3; i++) {
      JsonNode output = answer.path("outputs").path(i);
      assertThat(output.propertyNames())
          .containsExactly("type", "id", "status", "content", "error");
      assertThat(output.path("type").asString()).isEqualTo("time_series_forecast");
      assertThat(output.path("status").asString()).isEqualTo("completed");
      assertThat(output.path("content").size()).isEqualTo(1);
      JsonNode content = output.path("content").path(0);
      assertThat(content.propertyNames())
          .containsExactly(
              "type", "name", "mean_forecast", "frequency", "start_timestamp", "quantiles");
      assertThat(content.path("name").asString()).isEqualTo(names.get(i));
      assertThat(content.path("start_timestamp").asString("")).isEqualTo(starts.get(i));
      assertThat(content.path("mean_forecast").size()).isEqualTo(4);
      assertThat(content.path("mean_forecast").path(0).isNumber()).isTrue();
      assertThat(content.path("quantiles").propertyNames()).containsExactly("0.1", "0.5", "0.9");
      for (int step = 0; step < 4; step++) {
        double lower = content.path("quantiles").path("0.1").path(step).asDouble();
        assertThat(content.path("quantiles").path("0.9").path(step).asDouble())
            .isGreaterThan(lower);
      }
    }
    // The first of its length: the first row of its batch.
    JsonNode same =
        ask(
            "/v1/models/series-drawn/forecast",
            "{\"history\": [[0.1], [0.2], [0.5], [0.7], [0.1], [0.3], [0.5]], \"horizon\": 4, \"seed\": 3}");
    JsonNode price = answer.path("outputs").path(0).path("content").path(0).path("mean_forecast");
    for (int step = 0; step < 4; step++) {
      double expected = same.path("forecast").path(step).path(0).asDouble();
      assertThat(Math.abs(price.path(step).asDouble() - expected)).isLessThan(2e-5);
    }
  }

  @Test
  void severalVariablesAreAnsweredByStep() throws Exception {
    servePairs();
    ObjectNode body = JSON.createObjectNode().put("model", "series-pairs");
    body.putObject("options").put("horizon", 3);
    ObjectNode input = body.putArray("inputs").addObject();
    input.put("type", "multivariate_time_series").put("name", "pair").put("frequency", "M");
    input.put("start_timestamp", "2026-01-31");
    ArrayNode series = input.putArray("series");
    series.addArray().add(0.1).add(0.2);
    series.addArray().add(0.3).add(0.1);
    ObjectNode plain = JSON.createObjectNode().put("horizon", 3);
    plain.set("history", series);
    JsonNode content = ask(PATH, body.toString()).path("outputs").path(0).path("content").path(0);
    assertThat(content.path("mean_forecast"))
        .isEqualTo(ask("/v1/models/series-pairs/forecast", plain.toString()).path("forecast"));
    assertThat(content.has("quantiles")).isFalse();
    assertThat(content.path("start_timestamp").asString()).isEqualTo("2026-03-31T00:00:00Z");
    body.withObject("/options").putArray("quantiles").add(0.5);
    assertProblem(postJson(PATH, body.toString()), 422, "cannot-forecast");
  }

  @ParameterizedTest
  @CsvSource({
    "S, 2026-02-28T23:59:58+00:00, 2026-03-01T00:00:00Z",
    "second, 2026-02-28T23:59:58, 2026-03-01T00:00:00Z",
    "T, 2026-03-01T00:00:00+02:00, 2026-02-28T22:02:00Z",
    "MINUTE, 2026-03-01T00:00:00Z, 2026-03-01T00:02:00Z",
    "hour, 2026-02-28T23:00:00Z, 2026-03-01T01:00:00Z",
    "day, 2024-02-28, 2024-03-01T00:00:00Z",
    "W, 2026-12-24, 2027-01-07T00:00:00Z",
    "month, 2025-12-31, 2026-02-28T00:00:00Z",
    "Q, 2026-08-31, 2027-02-28T00:00:00Z",
    "quarter, 2026-01-01, 2026-07-01T00:00:00Z",
    "Y, 2024-02-29, 2026-02-28T00:00:00Z",
    "YEAR, 2026-05-05T01:02:03.5Z, 2028-05-05T01:02:03.5Z"
  })
  void horizonBeginsWhereTheSeriesEnds(String frequency, String start, String expected)
      throws Exception {
    serveDrawn();
    String body =
        """
        {"model": "series-drawn", "options": {"horizon": 1}, "inputs": [
          {"type": "univariate_time_series", "name": "a", "series": [1, 2], "frequency": "%s",
           "start_timestamp": "%s"}]}"""
            .formatted(frequency, start);
    JsonNode content = ask(PATH, body).path("outputs").path(0).path("content").path(0);
    assertThat(content.path("start_timestamp").asString()).isEqualTo(expected);
    assertThat(content.path("frequency").asString()).isEqualTo(frequency);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"D\" | \"B\" | /inputs/0/frequency",
        "\"D\" | \"d\" | /inputs/0/frequency",
        "\"D\" | 7 | /inputs/0/frequency",
        "\"frequency\" | \"frequent\" | /inputs/0/frequency",
        "univariate | bivariate | /inputs/0/type",
        "univariate | multivariate | /inputs/0/series",
        "[1, 2] | [[1], [2]] | /inputs/0/series",
        "[1, 2] | [] | /inputs/0/series",
        "[1, 2] | [1, null] | /inputs/0/series/1",
        "2026-01-01 | tomorrow | /inputs/0/start_timestamp",
        "2026-01-01 | +999999999-12-31T00:00:00Z | /inputs/0/start_timestamp",
        "\"b\" | \"a\" | /inputs/1/name",
        "\"horizon\": 1 | \"horizon\": 0 | /options/horizon",
        "\"horizon\": 1 | \"horizon\": 10001 | /options/horizon",
        "\"horizon\": 1 | \"horizon\": 2147483648 | /options/horizon",
        "\"horizon\": 1 | \"horizon\": 1, \"quantiles\": [1] | /options/quantiles/0",
        "\"horizon\": 1 | \"horizon\": 1, \"samples\": 10001 | /options/samples",
        "\"horizon\": 1 | \"steps\": 1 | /options/horizon",
        "\"options\" | \"option\" | /options",
        "\"inputs\" | \"input\" | /inputs",
        "\"series-drawn\" | \"a b\" | /model"
      })
  void whatIsWrongIsNamed(String right, String wrong, String pointer) throws Exception {
    serveDrawn();
    String body =
        """
        {"model": "series-drawn", "options": {"horizon": 1}, "inputs": [
          {"type": "univariate_time_series", "name": "a", "series": [1, 2], "frequency": "D",
           "start_timestamp": "2026-01-01"},
          {"type": "univariate_time_series", "name": "b", "series": [1, 2, 3], "frequency": "D"}]}""";
    assertThat(body).contains(right);
    int at = body.indexOf(right);
    String changed = body.substring(0, at) + wrong + body.substring(at + right.length());
    assertProblem(postJson(PATH, changed), 400, "invalid-input", pointer);
  }

  @Test
  void aModelThatIsNotThereIsNone() throws Exception {
    String body =
        """
        {"model": "series-none", "options": {"horizon": 1}, "inputs": [
          {"type": "univariate_time_series", "name": "a", "series": [1, 2], "frequency": "D"}]}""";
    assertProblem(postJson(PATH, body), 404, "model-not-found");
  }

  @Test
  void bodyMayBePacked() throws Exception {
    serveDrawn();
    String body =
        """
        {"model": "series-drawn", "options": {"horizon": 2, "seed": 3}, "inputs": [
          {"type": "univariate_time_series", "name": "a", "series": [0.1, 0.2], "frequency": "D"}]}""";
    HttpResponse<byte[]> unpacked =
        send(
            request("POST", PATH, gzip(body.getBytes(StandardCharsets.UTF_8)))
                .header("Content-Type", "application/json")
                .header("Content-Encoding", "gzip"));
    assertThat(unpacked.statusCode()).as(text(unpacked)).isEqualTo(200);
    assertThat(json(unpacked).at("/outputs/0/content/0/mean_forecast"))
        .isEqualTo(ask(PATH, body).at("/outputs/0/content/0/mean_forecast"));
  }
}
