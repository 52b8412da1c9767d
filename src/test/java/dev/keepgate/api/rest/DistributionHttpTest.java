package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;
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
class DistributionHttpTest extends ServerTest {

  private static final Path CASES = Path.of("src/test/resources/forecasts");

  private final long seed =
      Long.getLong("keepgate.seed", new Random().nextLong()) & ((1L << 53) - 1);

  private HttpResponse<byte[]> put(String name, String kind, String config, FormPart... more)
      throws Exception {
    List<FormPart> form = new ArrayList<>(List.of(more));
    byte[] file = Files.readAllBytes(CASES.resolve(kind).resolve("model.pt"));
    form.add(new FormPart("file", "model.pt", file));
    form.add(new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8)));
    return form("PUT", "/v1/models/" + name + "/versions/1", form);
  }

  private String serve(String name, String kind, String config, FormPart... more) throws Exception {
    if (send(request("GET", "/v1/models/" + name, null)).statusCode() == 404) {
      HttpResponse<byte[]> put = put(name, kind, config, more);
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    return "/v1/models/" + name;
  }

  private String gaussian() throws Exception {
    return serve("drawn-gaussian", "gaussian", "{\"distribution\": \"gaussian\"}");
  }

  private static FormPart scaler(String name, double mean, double scale) {
    String json = "{\"mean\": [%s], \"scale\": [%s]}".formatted(mean, scale);
    return new FormPart(name, name + ".json", json.getBytes(StandardCharsets.UTF_8));
  }

  private JsonNode ask(String path, JsonNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body.toString());
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return json(response);
  }

  private static JsonNode golden(String kind) throws Exception {
    return JSON.readTree(Files.readString(CASES.resolve(kind).resolve("case.json")));
  }

  private ObjectNode body(JsonNode history, int horizon) {
    ObjectNode body = JSON.createObjectNode().put("horizon", horizon).put("seed", seed);
    body.set("history", history);
    return body;
  }

  private ObjectNode body(int horizon) throws Exception {
    return body(golden("gaussian").path("history"), horizon);
  }

  private static double[] numbers(JsonNode array) {
    return array
        .valueStream()
        .flatMapToDouble(
            each ->
                each.isNumber() ? DoubleStream.of(each.asDouble()) : Arrays.stream(numbers(each)))
        .toArray();
  }

  private void assertClose(double actual, double expected, double tolerance, String what) {
    assertThat(Math.abs(actual - expected))
        .as("seed %d: %s is %s, expected %s", seed, what, actual, expected)
        .isLessThanOrEqualTo(tolerance);
  }

  private void assertClose(JsonNode actual, JsonNode expected) {
    double[] numbers = numbers(actual);
    double[] wanted = numbers(expected);
    assertThat(numbers).hasSameSizeAs(wanted);
    for (int i = 0; i < numbers.length; i++) {
      assertClose(numbers[i], wanted[i], 2e-5 * Math.max(1, Math.abs(wanted[i])), "[" + i + "]");
    }
  }

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

  @Test
  void aSequenceIsLookedAheadFromAndLeftAsItWas() throws Exception {
    String model = gaussian();
    JsonNode history = golden("gaussian").path("history");
    String id = json(postJson(model + "/sequences", "{}")).path("id").asString();
    String sequence = "/v1/sequences/" + id;
    ObjectNode ahead = JSON.createObjectNode().put("horizon", 6).put("seed", seed);
    assertProblem(postJson(sequence + "/forecast", ahead.toString()), 409, "out-of-step");
    ObjectNode chunk = JSON.createObjectNode().put("return_sequences", true);
    ArrayNode x = chunk.putArray("x");
    for (int i = 0; i < 11; i++) {
      x.add(history.get(i));
    }
    ask(sequence + "/unroll", chunk);
    ObjectNode step = JSON.createObjectNode();
    step.set("x", history.get(11));
    ask(sequence + "/step", step);
    JsonNode before = json(send(request("GET", sequence, null)));
    JsonNode answer = ask(sequence + "/forecast", ahead);
    assertClose(
        answer.path("forecast"), ask(model + "/forecast", body(history, 6)).path("forecast"));
    assertClose(ask(sequence + "/forecast", ahead).path("forecast"), answer.path("forecast"));
    assertThat(json(send(request("GET", sequence, null)))).isEqualTo(before);
    for (String field : List.of("history", "state", "no_such")) {
      assertProblem(
          postJson(sequence + "/forecast", "{\"horizon\": 2, \"%s\": [[1]]}".formatted(field)),
          400,
          "invalid-input",
          "/" + field);
    }
    chunk.putArray("lengths").add(2);
    chunk.putArray("x").add(JSON.createArrayNode().add(x.get(0)).add(x.get(1)).add(x.get(2)));
    ask(sequence + "/unroll", chunk);
    assertProblem(postJson(sequence + "/forecast", ahead.toString()), 409, "out-of-step");
    assertProblem(postJson("/v1/sequences/none/forecast", "{}"), 404, "sequence-not-found");
  }

  @Test
  void aSequenceIsLookedAheadFromBesideItsSteps() throws Exception {
    String id = json(postJson(gaussian() + "/sequences", "{}")).path("id").asString();
    String sequence = "/v1/sequences/" + id;
    ask(sequence + "/step", JSON.readTree("{\"x\": [1]}"));
    CompletableFuture<Integer> steps =
        CompletableFuture.supplyAsync(
            () -> {
              int taken = 0;
              for (int i = 0; i < 40; i++) {
                taken += isTaken(sequence + "/step") ? 1 : 0;
              }
              return taken;
            });
    ObjectNode ahead = JSON.createObjectNode().put("horizon", 10).put("samples", 20);
    for (int i = 0; i < 40; i++) {
      assertThat(ask(sequence + "/forecast", ahead).path("forecast").size()).isEqualTo(10);
    }
    assertThat(steps.get(1, TimeUnit.MINUTES)).isEqualTo(40);
    assertThat(json(send(request("GET", sequence, null))).path("step").asInt()).isEqualTo(41);
  }

  private boolean isTaken(String path) {
    try {
      return postJson(path, "{\"x\": [0.5]}").statusCode() == 200;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aSequenceOfAWindowSaysToSendTheHistory() throws Exception {
    String model =
        serve("drawn-window", "gaussian", "{\"distribution\": \"gaussian\", \"window\": 12}");
    String id = json(postJson(model + "/sequences", "{}")).path("id").asString();
    ask("/v1/sequences/" + id + "/step", JSON.readTree("{\"x\": [1]}"));
    assertProblem(
        postJson("/v1/sequences/" + id + "/forecast", "{\"horizon\": 2}"), 422, "cannot-forecast");
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"normal\" | /config/distribution",
        "7 | /config/distribution",
        "\"poisson\" | /config/distribution",
        "\"student_t\" | /config/distribution",
        "\"quantiles\" | /config/distribution",
        "{\"kind\": \"gaussian\", \"scale\": 1} | /config/distribution/scale",
        "{} | /config/distribution/kind",
        "{\"kind\": \"gaussian\", \"parameters\": {\"loc\": [0]}} | /config/distribution/parameters",
        "{\"kind\": \"gaussian\", \"parameters\": {\"loc\": [0], \"scale\": [0]}} | /config/distribution/parameters",
        "{\"kind\": \"gaussian\", \"parameters\": {\"loc\": [0], \"scale\": [2]}} | /config/distribution/parameters",
        "{\"kind\": \"gaussian\", \"parameters\": {\"loc\": [0], \"scale\": \"1\"}} | /config/distribution/parameters/scale",
        "{\"kind\": \"gaussian\", \"activations\": {\"scale\": \"tanh\"}} | /config/distribution/activations/scale",
        "{\"kind\": \"gaussian\", \"activations\": {\"df\": \"exp\"}} | /config/distribution/activations/df",
        "{\"kind\": \"quantiles\", \"quantiles\": [0.1, 0.9]} | /config/distribution/parameters",
        "{\"kind\": \"quantiles\", \"quantiles\": [0.5]} | /config/distribution/parameters",
        "{\"kind\": \"gaussian\", \"quantiles\": [0.5]} | /config/distribution/quantiles"
      })
  void whatIsNoDistributionOfTheModelIsNamed(String distribution, String pointer) throws Exception {
    HttpResponse<byte[]> response =
        put("drawn-refused", "gaussian", "{\"distribution\": %s}".formatted(distribution));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(400);
    assertThat(json(response).path("errors").path(0).path("pointer").asString()).isEqualTo(pointer);
  }

  @Test
  void anOutputThatIsActivatedAlreadyIsAskedFor() throws Exception {
    String softplus = "\"head_activation\": \"softplus\"";
    HttpResponse<byte[]> asked =
        put("drawn-asked", "poisson", "{\"distribution\": \"poisson\", %s}".formatted(softplus));
    assertThat(json(asked).path("errors").path(0).path("pointer").asString())
        .as(text(asked))
        .isEqualTo("/config/distribution/activations/rate");
    String said = "{\"kind\": \"poisson\", \"activations\": {\"rate\": \"linear\"}}";
    String model =
        serve("drawn-said", "poisson", "{\"distribution\": %s, %s}".formatted(said, softplus));
    ObjectNode body = body(golden("poisson").path("history"), 4);
    assertClose(
        ask(model + "/forecast", body).path("forecast"),
        ask(
                serve("drawn-poisson", "poisson", "{\"distribution\": \"poisson\"}") + "/forecast",
                body)
            .path("forecast"));
  }
}
