package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Forecasts of models whose output is a distribution. */
@TestPropertySource(properties = "keepgate.inference.max-working-memory=32MB")
class DistributionHttpTest extends DistributionTest {

  /** Tolerances are six standard errors and more. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gaussian",
        "student_t",
        "laplace",
        "poisson",
        "negative_binomial",
        "two-steps",
        "two-targets"
      })
  void drawsWhatTheFrameworkDraws(String kind) throws Exception {
    JsonNode golden = golden(kind);
    String config = "{\"distribution\": %s}".formatted(golden.path("distribution"));
    String model = serve("drawn-" + kind, kind, config);
    int horizon = golden.path("steps").size();
    ObjectNode body = body(golden.path("history"), horizon).put("samples", 10_000);
    body.set("quantiles", golden.path("levels"));
    JsonNode answer = ask(model + "/forecast", body.put("return_samples", true));
    assertThat(answer.path("seed").asLong()).isEqualTo(seed);
    boolean isCount = kind.equals("poisson") || kind.equals("negative_binomial");
    for (int step = 0; step < horizon; step++) {
      JsonNode exact = step == 0 ? golden.path("first") : golden.path("steps").path(step);
      for (int target = 0; target < exact.path("mean").size(); target++) {
        String what = " of step %d, target %d".formatted(step, target);
        double std = exact.path("std").path(target).asDouble();
        double mean = answer.path("forecast").path(step).path(target).asDouble();
        assertClose(mean, exact.path("mean").path(target).asDouble(), 0.065 * std, "mean" + what);
        double squares = 0;
        for (JsonNode path : answer.path("samples")) {
          squares += Math.pow(path.path(step).path(target).asDouble() - mean, 2);
        }
        assertClose(Math.sqrt(squares / 10_000) / std, 1, 0.12, "spread" + what);
        for (int i = 0; i < golden.path("levels").size(); i++) {
          String level = golden.path("levels").get(i).toString();
          JsonNode quantiles = answer.path("quantiles").path(level);
          double quantile = quantiles.path(step).path(target).asDouble();
          double expected = exact.path("quantiles").path(i).path(target).asDouble();
          assertClose(quantile, expected, isCount ? 1 : 0.15 * std, level + what);
        }
      }
    }
  }

  /** Each step of an answer has a column of its own, also where the horizon ends within one. */
  @Test
  void aHorizonMayEndWithinAnAnswer() throws Exception {
    JsonNode golden = golden("two-steps");
    String config = "{\"distribution\": %s}".formatted(golden.path("distribution"));
    String model = serve("drawn-scaled-steps", "two-steps", config, scaler("scaler", 100, 20));
    ObjectNode own = body(golden.path("history"), 3).put("scaled", true);
    ObjectNode readings = body(golden.path("history"), 3);
    ArrayNode history = readings.putArray("history");
    own.path("history").forEach(x -> history.addArray().add(100 + 20 * x.path(0).asDouble()));
    double[] numbers = numbers(ask(model + "/forecast", own).path("forecast"));
    double[] undone = numbers(ask(model + "/forecast", readings).path("forecast"));
    assertThat(undone).hasSize(3);
    for (int step = 0; step < 3; step++) {
      assertClose(undone[step], 100 + 20 * numbers[step], 1e-3, "step " + step);
    }
  }

  @Test
  void meansAndQuantilesAreThoseOfThePaths() throws Exception {
    ObjectNode body = body(3).put("return_samples", true);
    body.putArray("quantiles").add(0.9).add(0.025);
    JsonNode answer = ask(gaussian() + "/forecast", body);
    assertThat(answer.path("samples").size()).isEqualTo(100);
    for (int step = 0; step < 3; step++) {
      double[] drawn = new double[100];
      for (int path = 0; path < 100; path++) {
        drawn[path] = answer.path("samples").path(path).path(step).path(0).asDouble();
      }
      Arrays.sort(drawn);
      double mean = Arrays.stream(drawn).average().orElseThrow();
      assertClose(answer.path("forecast").path(step).path(0).asDouble(), mean, 1e-6, "mean");
      double upper = drawn[89] + 0.1 * (drawn[90] - drawn[89]);
      double lower = drawn[2] + 0.475 * (drawn[3] - drawn[2]);
      JsonNode quantiles = answer.path("quantiles");
      assertClose(quantiles.path("0.9").path(step).path(0).asDouble(), upper, 1e-6, "0.9");
      assertClose(quantiles.path("0.025").path(step).path(0).asDouble(), lower, 1e-6, "0.025");
    }
  }

  @Test
  void aFileIsAnsweredAsItsNumbersAre() throws Exception {
    String path = gaussian() + "/forecast";
    ObjectNode body = body(4).put("samples", 30);
    body.putArray("quantiles").add(0.1).add(0.9);
    JsonNode expected = ask(path, body);
    StringBuilder csv = new StringBuilder();
    for (JsonNode step : body.path("history")) {
      csv.append(step.path(0)).append('\n');
    }
    HttpResponse<byte[]> response =
        send(
            request(
                    "POST",
                    "%s?horizon=4&samples=30&quantiles=0.1,0.9&seed=%d".formatted(path, seed),
                    csv.toString().getBytes(StandardCharsets.UTF_8))
                .header("Content-Type", "text/csv"));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    List<String> lines = text(response).lines().toList();
    assertThat(lines).hasSize(4);
    for (int step = 0; step < 4; step++) {
      String[] cells = lines.get(step).split(",");
      double[] wanted = {
        step + 1,
        expected.path("forecast").path(step).path(0).asDouble(),
        expected.path("quantiles").path("0.1").path(step).path(0).asDouble(),
        expected.path("quantiles").path("0.9").path(step).path(0).asDouble()
      };
      assertThat(cells).hasSize(4);
      for (int i = 0; i < 4; i++) {
        assertClose(Double.parseDouble(cells[i]), wanted[i], 2e-5, "cell " + i);
      }
    }
    for (String wrong : List.of("1.5", "0.1,0.1", "x", "", "0")) {
      HttpResponse<byte[]> refused =
          send(
              request(
                      "POST",
                      path + "?horizon=4&quantiles=" + wrong,
                      csv.toString().getBytes(StandardCharsets.UTF_8))
                  .header("Content-Type", "text/csv"));
      assertProblem(refused, 400, "invalid-input", "?quantiles");
    }
  }

  @Test
  void drawsFollowFromTheSeedAlone() throws Exception {
    String path = gaussian() + "/forecast";
    ObjectNode body = body(20).put("return_samples", true);
    JsonNode once = ask(path, body);
    assertClose(ask(path, body).path("samples"), once.path("samples"));
    assertThat(ask(path, body.deepCopy().put("seed", seed ^ 1)).path("samples"))
        .isNotEqualTo(once.path("samples"));
    JsonNode history = body.path("history");
    ObjectNode two = body(JSON.createArrayNode().add(history).add(history), 20);
    JsonNode both = ask(path, two.put("return_samples", true));
    assertThat(both.path("samples").size()).isEqualTo(2);
    assertClose(both.path("samples").get(0), once.path("samples"));
    assertThat(both.path("samples").get(1)).isNotEqualTo(both.path("samples").get(0));
    ObjectNode unseeded = body.deepCopy();
    unseeded.remove("seed");
    long drawn = ask(path, unseeded).path("seed").asLong();
    assertThat(ask(path, unseeded).path("seed").asLong()).isNotEqualTo(drawn);
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/x-ndjson", "text/event-stream"})
  void aLineAStepIsWhatTheWholeAnswerIs(String type) throws Exception {
    for (String config : List.of("", ", \"window\": 5")) {
      String name = config.isEmpty() ? "drawn-gaussian" : "drawn-window-5";
      String model =
          serve(name, "gaussian", "{\"distribution\": \"gaussian\"%s}".formatted(config));
      ObjectNode body = body(30);
      body.putArray("quantiles").add(0.5);
      JsonNode whole = ask(model + "/forecast", body);
      HttpResponse<byte[]> response =
          send(
              request("POST", model + "/forecast", null)
                  .POST(BodyPublishers.ofString(body.toString()))
                  .header("Content-Type", "application/json")
                  .header("Accept", type));
      assertThat(response.headers().firstValue("Content-Type")).hasValue(type);
      List<JsonNode> lines =
          text(response)
              .lines()
              .map(line -> line.startsWith("data: ") ? line.substring(6) : line)
              .filter(line -> line.startsWith("{"))
              .map(JSON::readTree)
              .toList();
      assertThat(lines).hasSize(31);
      for (int step = 0; step < 30; step++) {
        JsonNode line = lines.get(step);
        assertThat(line.path("step").asInt()).isEqualTo(step);
        assertClose(line.path("forecast"), whole.path("forecast").path(step));
        assertClose(
            line.path("quantiles").path("0.5"), whole.path("quantiles").path("0.5").path(step));
      }
      assertThat(lines.get(30).path("seed").asLong()).isEqualTo(seed);
      assertThat(lines.get(30).path("model").asString()).isEqualTo(name);
    }
  }

  @Test
  void aWindowSlidesOverWhatIsDrawn() throws Exception {
    String config = "{\"distribution\": \"gaussian\", \"window\": 12}";
    String windowed = serve("drawn-window", "gaussian", config);
    ObjectNode body = body(2).put("return_samples", true).put("samples", 40);
    JsonNode answer = ask(windowed + "/forecast", body).path("samples");
    JsonNode fromState = ask(gaussian() + "/forecast", body).path("samples");
    for (int path = 0; path < 40; path++) {
      assertClose(answer.path(path).path(0), fromState.path(path).path(0));
    }
    // The second step sees the first one's draw, and the history's first step no more.
    ArrayNode later = body.path("history").deepCopy().asArray();
    later.remove(0);
    later.add(answer.path(7).path(0));
    ObjectNode unroll = JSON.createObjectNode().put("return_sequences", false);
    unroll.set("x", later);
    double[] parameters = numbers(ask(windowed + "/unroll", unroll).path("output"));
    ObjectNode mean = body(later, 1).put("samples", 10_000);
    double scale = Math.log1p(Math.exp(parameters[1]));
    assertClose(
        ask(windowed + "/forecast", mean).path("forecast").path(0).path(0).asDouble(),
        parameters[0],
        0.065 * scale,
        "mean");
  }

  @Test
  void drawsAreReadingsByTheScaler() throws Exception {
    String config = "{\"distribution\": \"gaussian\"}";
    String model = serve("drawn-scaled", "gaussian", config, scaler("scaler", 100, 20));
    ObjectNode own = body(5).put("scaled", true);
    own.putArray("quantiles").add(0.1);
    ObjectNode readings = own.deepCopy().put("scaled", false);
    ArrayNode history = readings.putArray("history");
    own.path("history").forEach(x -> history.addArray().add(100 + 20 * x.path(0).asDouble()));
    JsonNode inOwn = ask(model + "/forecast", own);
    JsonNode inReadings = ask(model + "/forecast", readings);
    for (int step = 0; step < 5; step++) {
      for (String field : List.of("forecast", "quantiles")) {
        JsonNode numbers = inOwn.path(field);
        JsonNode undone = inReadings.path(field);
        double number =
            (numbers.isArray() ? numbers : numbers.path("0.1")).path(step).path(0).asDouble();
        double reading =
            (undone.isArray() ? undone : undone.path("0.1")).path(step).path(0).asDouble();
        assertClose(reading, 100 + 20 * number, 1e-3, field);
      }
    }
    ObjectNode unroll = JSON.createObjectNode();
    unroll.set("x", history);
    ObjectNode scaled = JSON.createObjectNode().put("scaled", true);
    scaled.set("x", own.path("history"));
    assertClose(
        ask(model + "/unroll", unroll).path("output"),
        ask(model + "/unroll", scaled).path("output"));
    JsonNode view = json(send(request("GET", model, null)));
    assertThat(view.path("distribution"))
        .isEqualTo(
            JSON.readTree(
                """
                {"kind": "gaussian", "parameters": {"loc": [0], "scale": [1]},
                 "activations": {"loc": "linear", "scale": "softplus"}}"""));
    assertThat(view.path("target_scaler").path("columns").size()).isEqualTo(1);
    assertThat(view.path("assumed").toString()).contains("scale = softplus of [1]");
  }

  @Test
  void quantilesOfTheNetworkAreAnsweredAsTheyAre() throws Exception {
    String model =
        serve(
            "own-quantiles",
            "student_t",
            "{\"distribution\": {\"kind\": \"quantiles\", \"quantiles\": [0.9, 0.5, 0.1]}}");
    ArrayNode x = golden("student_t").path("history").deepCopy().asArray();
    ObjectNode body = body(x, 3);
    body.remove("seed");
    body.putArray("quantiles").add(0.1).add(0.9);
    JsonNode answer = ask(model + "/forecast", body);
    assertThat(answer.has("seed")).isFalse();
    for (int step = 0; step < 3; step++) {
      ObjectNode unroll = JSON.createObjectNode().put("return_sequences", false);
      unroll.set("x", x);
      JsonNode output = ask(model + "/unroll", unroll).path("output");
      assertClose(answer.path("forecast").path(step).path(0), output.get(1));
      assertClose(answer.path("quantiles").path("0.9").path(step).path(0), output.get(0));
      assertClose(answer.path("quantiles").path("0.1").path(step).path(0), output.get(2));
      x.addArray().add(output.get(1));
    }
    body.putArray("quantiles").add(0.2);
    assertProblem(
        postJson(model + "/forecast", body.toString()), 400, "invalid-input", "/quantiles/0");
    body.remove("quantiles");
    assertProblem(
        postJson(model + "/forecast", body.put("samples", 7).toString()),
        400,
        "invalid-input",
        "/samples");
  }

  @Test
  void aScalerThatTurnsQuantilesRoundIsRefused() throws Exception {
    String config = "{\"distribution\": {\"kind\": \"quantiles\", \"quantiles\": [0.1, 0.5, 0.9]}}";
    HttpResponse<byte[]> response =
        put("drawn-refused", "student_t", config, scaler("scaler", 0, -2));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(400);
    assertThat(text(response)).contains("turns the order");
    String model =
        serve(
            "drawn-turned",
            "gaussian",
            "{\"distribution\": \"gaussian\"}",
            scaler("scaler", 0, -2));
    ObjectNode body = body(2);
    body.putArray("quantiles").add(0.1).add(0.9);
    JsonNode quantiles = ask(model + "/forecast", body).path("quantiles");
    assertThat(quantiles.path("0.9").path(0).path(0).asDouble())
        .isGreaterThan(quantiles.path("0.1").path(0).path(0).asDouble());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"samples\": 0 | /samples",
        "\"samples\": 10001 | /samples",
        "\"samples\": 2147483648 | /samples",
        "\"samples\": 1.5 | /samples",
        "\"seed\": -1 | /seed",
        "\"seed\": 1.5 | /seed",
        "\"seed\": \"x\" | /seed",
        "\"seed\": 9007199254740992 | /seed",
        "\"quantiles\": [0] | /quantiles/0",
        "\"quantiles\": [0.5, 1] | /quantiles/1",
        "\"quantiles\": [0.5, 0.5] | /quantiles/1",
        "\"quantiles\": [\"NaN\"] | /quantiles/0",
        "\"quantiles\": [null] | /quantiles/0",
        "\"quantiles\": 0.5 | /quantiles",
        "\"return_samples\": 1 | /return_samples",
        "\"sample\": 3 | /sample"
      })
  void whatIsNoSamplingIsNamed(String field, String pointer) throws Exception {
    String body = "{\"history\": [[1]], \"horizon\": 2, %s}".formatted(field);
    assertProblem(postJson(gaussian() + "/forecast", body), 400, "invalid-input", pointer);
  }

  @Test
  void samplesTimesHorizonIsBounded() throws Exception {
    String body = "{\"history\": [[1]], \"horizon\": 10000, \"samples\": 10000}";
    assertProblem(postJson(gaussian() + "/forecast", body), 413, "request-too-large");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"quantiles\": [0.5]",
        "\"samples\": 5",
        "\"seed\": 5",
        "\"return_samples\": true"
      })
  void withoutADistributionNothingIsDrawn(String field) throws Exception {
    String model = serve("drawn-not", "poisson", "{}");
    HttpResponse<byte[]> response =
        postJson(model + "/forecast", "{\"history\": [[1]], \"horizon\": 2, %s}".formatted(field));
    assertProblem(response, 422, "cannot-forecast");
    assertThat(text(response)).contains("config.distribution");
  }

  @Test
  void parametersOutOfRangeAreNoForecast() throws Exception {
    String model =
        serve(
            "drawn-wrongly",
            "gaussian",
            """
            {"distribution": {"kind": "gaussian", "parameters": {"loc": [0], "scale": [1]},
             "activations": {"scale": "-9+sigmoid"}}}""");
    HttpResponse<byte[]> response = postJson(model + "/forecast", body(2).toString());
    assertProblem(response, 422, "not-finite");
    assertThat(text(response)).contains("activations");
  }
}
