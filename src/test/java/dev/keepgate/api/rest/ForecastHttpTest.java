package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Forecasts: models that go on by their own answers. */
class ForecastHttpTest extends ServerTest {

  private static final Path CASES = Path.of("src/test/resources/golden-scalers");
  private static final Path NETWORKS = Path.of("src/test/resources/golden-networks");

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());

  private String serve(String name, Path file, String config) throws Exception {
    if (send(request("GET", "/v1/models/" + name, null)).statusCode() == 404) {
      HttpResponse<byte[]> put = upload(name, List.of(file), config);
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    return "/v1/models/" + name;
  }

  private JsonNode ask(String path, JsonNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body.toString());
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return json(response);
  }

  private static double[] numbers(JsonNode node) {
    return stream(node).toArray();
  }

  private static DoubleStream stream(JsonNode node) {
    return node.isNumber()
        ? DoubleStream.of(node.asDouble())
        : node.valueStream().flatMapToDouble(ForecastHttpTest::stream);
  }

  private static void assertClose(JsonNode actual, double[] expected) {
    double[] numbers = numbers(actual);
    assertThat(numbers).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(numbers[i] - expected[i]))
          .as("[%d]: %s, expected %s", i, numbers[i], expected[i])
          .isLessThanOrEqualTo(2e-5);
    }
  }

  private static ObjectNode body(JsonNode history, int horizon) {
    ObjectNode body = JSON.createObjectNode().put("horizon", horizon);
    body.set("history", history);
    return body;
  }

  private static ArrayNode nested(JsonNode data, int... shape) {
    return nested(data, shape, 0, 0);
  }

  private static ArrayNode nested(JsonNode data, int[] shape, int axis, int index) {
    ArrayNode array = JSON.createArrayNode();
    for (int i = 0; i < shape[axis]; i++) {
      int at = index * shape[axis] + i;
      array.add(axis == shape.length - 1 ? data.get(at) : nested(data, shape, axis + 1, at));
    }
    return array;
  }

  private ArrayNode random(int steps, int width) {
    Random random = new Random(seed);
    ArrayNode rows = JSON.createArrayNode();
    for (int step = 0; step < steps; step++) {
      ArrayNode row = rows.addArray();
      for (int i = 0; i < width; i++) {
        row.add((float) random.nextGaussian());
      }
    }
    return rows;
  }

  @Test
  void goesOnFromItsStateAsTheFrameworkDid() throws Exception {
    Path folder = CASES.resolve("forecast-stateful");
    JsonNode golden = JSON.readTree(Files.readString(folder.resolve("case.json")));
    String model = serve("forecast-stateful", folder.resolve("model.pt"), "{}");
    JsonNode history = nested(golden.path("inputs").path("history").path("data"), 1, 15, 2);
    int horizon = golden.path("horizon").asInt();
    double[] expected = numbers(golden.path("expected").path("forecast").path("data"));
    JsonNode answer = ask(model + "/forecast", body(history, horizon));
    assertThat(answer.path("forecast").size()).isEqualTo(1);
    assertClose(answer.path("forecast"), expected);
    JsonNode alone = ask(model + "/forecast", body(history.get(0), horizon));
    assertThat(alone.path("forecast").size()).isEqualTo(horizon);
    assertClose(alone.path("forecast"), expected);
    double[] first = DoubleStream.of(expected).limit(2).toArray();
    assertClose(ask(model + "/forecast", body(history, 1)).path("forecast"), first);
  }

  @Test
  void goesOnFromAStateThatIsGiven() throws Exception {
    Path folder = CASES.resolve("forecast-stateful");
    String model = serve("forecast-stateful", folder.resolve("model.pt"), "{}");
    ArrayNode history = random(9, 2);
    ArrayNode begin = JSON.createArrayNode();
    ArrayNode rest = JSON.createArrayNode();
    for (int i = 0; i < history.size(); i++) {
      (i < 5 ? begin : rest).add(history.get(i));
    }
    ObjectNode half = JSON.createObjectNode();
    half.set("x", begin);
    JsonNode state = ask(model + "/unroll", half).path("state");
    ObjectNode body = body(rest, 7);
    body.set("state", state);
    assertClose(
        ask(model + "/forecast", body).path("forecast"),
        numbers(ask(model + "/forecast", body(history, 7)).path("forecast")));
  }

  @Test
  void windowSlidesOverItsOwnAnswers() throws Exception {
    Path folder = CASES.resolve("forecast-window");
    String model = serve("forecast-window-scaled", folder.resolve("model.keras"), "{}");
    ArrayNode history = random(20, 1);
    JsonNode forecast = ask(model + "/forecast", body(history, 5)).path("forecast");
    ArrayNode window = history.deepCopy();
    for (int step = 0; step < 5; step++) {
      ObjectNode body = JSON.createObjectNode();
      ArrayNode last = body.putArray("x");
      for (int i = window.size() - 9; i < window.size(); i++) {
        last.add(window.get(i));
      }
      JsonNode output = ask(model + "/unroll", body).path("output");
      assertClose(forecast.get(step), numbers(output));
      window.add(output);
    }
    assertProblem(
        postJson(model + "/forecast", body(random(8, 1), 5).toString()),
        400,
        "invalid-input",
        "/history");
  }

  @Test
  void whatIsKnownAheadComesFromTheRequest() throws Exception {
    Path folder = CASES.resolve("forecast-stateful");
    String model = serve("forecast-known", folder.resolve("model.pt"), "{\"feedback\": [1, 0]}");
    ArrayNode history = random(6, 2);
    JsonNode crossed = ask(model + "/forecast", body(history, 3)).path("forecast");
    ArrayNode x = history.deepCopy();
    for (int step = 0; step < 3; step++) {
      ObjectNode body = JSON.createObjectNode().put("return_sequences", false);
      body.set("x", x);
      JsonNode output = ask(model + "/unroll", body).path("output");
      assertClose(crossed.get(step), numbers(output));
      x.addArray().add(output.get(1)).add(output.get(0));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "keras-conv-causal, 422",
    "keras-two-inputs, 422",
    "keras-two-outputs, 422",
    "keras-flatten, 422",
    "keras-bidirectional-gru, 422"
  })
  void whatDoesNotGoOnSaysWhy(String name, int status) throws Exception {
    Path file = NETWORKS.resolve(name).resolve("model.keras");
    String model = serve("no-forecast-" + name, file, "{}");
    HttpResponse<byte[]> response =
        postJson(model + "/forecast", body(random(30, 6), 3).toString());
    assertProblem(response, status, "cannot-forecast");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "-1", "10001", "2147483648", "1.5", "\"3\"", "null", "99999999999999999999"})
  void horizonHasBounds(String horizon) throws Exception {
    Path folder = CASES.resolve("forecast-stateful");
    String model = serve("forecast-stateful", folder.resolve("model.pt"), "{}");
    assertProblem(
        postJson(
            model + "/forecast", "{\"history\": [[1, 2]], \"horizon\": %s}".formatted(horizon)),
        400,
        "invalid-input",
        "/horizon");
  }

  @Test
  void memoryOfAForecastIsBounded() throws Exception {
    Path folder = CASES.resolve("forecast-stateful");
    String model = serve("forecast-stateful", folder.resolve("model.pt"), "{}");
    ArrayNode rows = JSON.createArrayNode();
    for (int i = 0; i < 50; i++) {
      rows.add(random(1, 2));
    }
    assertProblem(
        postJson(model + "/forecast", body(rows, 10_000).toString()), 413, "request-too-large");
  }

  /** Names that differ may be in another order; a single column is the same, whatever its name. */
  @Test
  void targetsThatAreNoFeaturesAreAskedFor() throws Exception {
    Path file = CASES.resolve("forecast-stateful/model.pt");
    String names = "\"features\": [\"a\", \"b\"], \"targets\": [\"x\", \"y\"]";
    String open = serve("forecast-named-open", file, "{%s}".formatted(names));
    HttpResponse<byte[]> refused = postJson(open + "/forecast", body(random(4, 2), 3).toString());
    assertProblem(refused, 422, "cannot-forecast");
    assertThat(text(refused)).contains("config.feedback");
    String said = serve("forecast-named", file, "{%s, \"feedback\": [1, 0]}".formatted(names));
    String plain = serve("forecast-swapped", file, "{\"feedback\": [1, 0]}");
    ArrayNode history = random(4, 2);
    assertClose(
        ask(said + "/forecast", body(history, 3)).path("forecast"),
        numbers(ask(plain + "/forecast", body(history, 3)).path("forecast")));
  }

  /** The next readings alone are sent with the state that the history before left. */
  @Test
  void stateAfterTheHistoryIsWhereTheNextRequestGoesOn() throws Exception {
    String model = serve("forecast-stateful", CASES.resolve("forecast-stateful/model.pt"), "{}");
    ArrayNode history = random(9, 2);
    ArrayNode begin = JSON.createArrayNode();
    ArrayNode rest = JSON.createArrayNode();
    for (int i = 0; i < history.size(); i++) {
      (i < 6 ? begin : rest).add(history.get(i));
    }
    JsonNode first = ask(model + "/forecast", body(begin, 4).put("return_state", true));
    ObjectNode second = body(rest, 4);
    second.set("state", first.path("state"));
    JsonNode answer = ask(model + "/forecast", second);
    assertThat(answer.has("state")).isFalse();
    assertClose(
        answer.path("forecast"),
        numbers(ask(model + "/forecast", body(history, 4)).path("forecast")));
    String window =
        serve("forecast-window-scaled", CASES.resolve("forecast-window/model.keras"), "{}");
    assertProblem(
        postJson(window + "/forecast", body(random(20, 1), 2).put("return_state", true).toString()),
        400,
        "invalid-input",
        "/return_state");
  }
}
