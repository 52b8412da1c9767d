package dev.keepgate.api.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is not usual: the errors of autoencoders and forecasters. */
class DetectHttpTest extends ServerTest {

  private static final Path CASES = Path.of("src/test/resources/golden-scalers");
  private static final Path NETWORKS = Path.of("src/test/resources/golden-networks");
  private static final Path AUTOENCODER = NETWORKS.resolve("keras-autoencoder");

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());

  private String serve(String name, Path file, String config) throws Exception {
    if (send(request("GET", "/v1/models/" + name, null)).statusCode() == 404) {
      HttpResponse<byte[]> put = upload(name, List.of(file), config);
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    return "/v1/models/" + name;
  }

  private String serve(String name, Path file, String config, Map<String, String> parts)
      throws Exception {
    List<FormPart> form = new ArrayList<>();
    form.add(new FormPart("file", file.getFileName().toString(), Files.readAllBytes(file)));
    parts.forEach((part, text) -> form.add(new FormPart(part, part, text.getBytes(UTF_8))));
    form.add(new FormPart("config", null, config.getBytes(UTF_8)));
    HttpResponse<byte[]> put = form("PUT", "/v1/models/" + name + "/versions/1", form);
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    return "/v1/models/" + name;
  }

  private JsonNode ask(String path, JsonNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body.toString());
    assertThat(response.statusCode()).as("seed %d: %s", seed, text(response)).isEqualTo(200);
    return json(response);
  }

  private static ObjectNode body(JsonNode x) {
    ObjectNode body = JSON.createObjectNode();
    body.set("x", x);
    return body;
  }

  private ArrayNode random(int... shape) {
    return random(new Random(seed), shape, 0);
  }

  private static ArrayNode random(Random random, int[] shape, int axis) {
    ArrayNode array = JSON.createArrayNode();
    for (int i = 0; i < shape[axis]; i++) {
      if (axis == shape.length - 1) {
        array.add((float) random.nextGaussian());
      } else {
        array.add(random(random, shape, axis + 1));
      }
    }
    return array;
  }

  private static void flatten(JsonNode node, List<Double> into) {
    if (node.isArray()) {
      node.forEach(element -> flatten(element, into));
    } else {
      into.add(node.isNull() ? Double.NaN : node.asDouble());
    }
  }

  private static double[] numbers(JsonNode node) {
    List<Double> numbers = new ArrayList<>();
    flatten(node, numbers);
    return numbers.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double error(String metric, double[] said, double[] was, int first, int stride) {
    double sum = 0;
    int count = 0;
    for (int i = first; i < said.length; i += stride) {
      double error = said[i] - was[i];
      sum += metric.equals("mae") ? Math.abs(error) : error * error;
      count++;
    }
    return metric.equals("rmse") ? Math.sqrt(sum / count) : sum / count;
  }

  private static int[] sizes(JsonNode model) {
    JsonNode shape = model.at("/outputs/0/shape");
    return new int[] {shape.get(1).asInt(), shape.get(2).asInt()};
  }

  @ParameterizedTest
  @ValueSource(strings = {"mae", "mse", "rmse"})
  void errorOfWhatAnAutoencoderMakesOfItsInput(String metric) throws Exception {
    String model =
        serve(
            "detect-" + metric,
            AUTOENCODER.resolve("model.keras"),
            "{\"detection\": {\"metric\": \"%s\"}, \"threshold\": 0.7}".formatted(metric));
    JsonNode described = json(send(request("GET", model, null)));
    assertThat(described.at("/detection/metric").asString()).isEqualTo(metric);
    assertThat(described.at("/detection/threshold").asDouble()).isEqualTo(0.7);
    int[] sizes = sizes(described);
    ArrayNode x = random(3, sizes[0], sizes[1]);
    JsonNode answer = ask(model + "/detect", body(x));
    JsonNode output = ask(model + "/unroll", body(x)).path("output");
    assertThat(answer.path("kind").asString()).isEqualTo("reconstruction");
    assertThat(answer.path("metric").asString()).isEqualTo(metric);
    assertThat(answer.path("threshold").asDouble()).isEqualTo(0.7);
    assertThat(answer.path("error").size()).isEqualTo(3);
    for (int row = 0; row < 3; row++) {
      double[] said = numbers(output.get(row));
      double[] was = numbers(x.get(row));
      double expected = error(metric, said, was, 0, 1);
      assertThat(answer.at("/error/" + row).asDouble()).isCloseTo(expected, within(1e-6));
      assertThat(answer.at("/anomaly/" + row).asBoolean()).isEqualTo(expected > 0.7);
      for (int feature = 0; feature < sizes[1]; feature++) {
        assertThat(answer.at("/feature_error/%d/%d".formatted(row, feature)).asDouble())
            .isCloseTo(error(metric, said, was, feature, sizes[1]), within(1e-6));
      }
    }
    JsonNode alone = ask(model + "/detect", body(x.get(1)).put("threshold", 1e9));
    assertThat(alone.path("error").asDouble()).isEqualTo(answer.at("/error/1").asDouble());
    assertThat(alone.path("anomaly").asBoolean()).isFalse();
  }

  @Test
  void errorOfWhatAForecasterSaysOfTheNextStep() throws Exception {
    String model =
        serve(
            "detect-forecast",
            CASES.resolve("forecast-stateful/model.pt"),
            "{\"detection\": {\"kind\": \"forecast\"}}");
    ArrayNode x = random(2, 9, 2);
    ObjectNode body = body(x);
    body.putArray("lengths").add(9).add(4);
    JsonNode answer = ask(model + "/detect", body);
    assertThat(answer.path("kind").asString()).isEqualTo("forecast");
    assertThat(answer.has("anomaly")).isFalse();
    JsonNode output = ask(model + "/unroll", body(x).put("return_sequences", true)).path("output");
    for (int row = 0; row < 2; row++) {
      for (int step = 0; step < 9; step++) {
        JsonNode error = answer.at("/error/%d/%d".formatted(row, step));
        if (step == 0 || (row == 1 && step >= 4)) {
          assertThat(error.isNull()).as("row %d, step %d", row, step).isTrue();
          continue;
        }
        double[] said = numbers(output.get(row).get(step - 1));
        double[] was = numbers(x.get(row).get(step));
        assertThat(error.asDouble()).isCloseTo(error("mae", said, was, 0, 1), within(1e-6));
        assertThat(answer.at("/feature_error/%d/%d/1".formatted(row, step)).asDouble())
            .isCloseTo(Math.abs(said[1] - was[1]), within(1e-6));
      }
    }
  }

  @Test
  void windowBeforeEachStepSaysThatStep() throws Exception {
    String model = serve("detect-window", CASES.resolve("forecast-window/model.keras"), "{}");
    // More windows than one batch of them has.
    int steps = 300;
    ArrayNode x = random(steps, 1);
    JsonNode answer = ask(model + "/detect", body(x).put("threshold", 0.5));
    assertThat(answer.path("error").size()).isEqualTo(steps);
    for (int step = 0; step < steps; step++) {
      JsonNode error = answer.at("/error/" + step);
      if (step < 9) {
        assertThat(error.isNull()).isTrue();
        assertThat(answer.at("/anomaly/" + step).isNull()).isTrue();
        continue;
      }
      if (step % 37 != 0 && step != 9 && step != steps - 1) {
        continue;
      }
      ArrayNode window = JSON.createArrayNode();
      for (int i = step - 9; i < step; i++) {
        window.add(x.get(i));
      }
      double[] said = numbers(ask(model + "/unroll", body(window)).path("output"));
      double expected = Math.abs(said[0] - x.get(step).get(0).asDouble());
      assertThat(error.asDouble()).isCloseTo(expected, within(1e-5));
      assertThat(answer.at("/anomaly/" + step).asBoolean()).isEqualTo(expected > 0.5);
    }
  }

  @Test
  void errorsAreOfTheNetworksOwnNumbersWhateverTheUnits() throws Exception {
    List<FormPart> parts =
        List.of(
            new FormPart(
                "file", "model.keras", bytes(CASES.resolve("forecast-window/model.keras"))),
            new FormPart(
                "scaler", "scaler.json", "{\"min\": [100], \"max\": [300]}".getBytes(UTF_8)));
    HttpResponse<byte[]> put = form("PUT", "/v1/models/detect-units/versions/1", parts);
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    ArrayNode own = JSON.createArrayNode();
    ArrayNode readings = JSON.createArrayNode();
    Random random = new Random(seed);
    for (int i = 0; i < 14; i++) {
      double reading = 100 + 200 * random.nextDouble();
      readings.addArray().add(reading);
      own.addArray().add((float) ((reading - 100) / 200));
    }
    double[] ofReadings =
        numbers(ask("/v1/models/detect-units/detect", body(readings)).path("error"));
    double[] ofOwn =
        numbers(ask("/v1/models/detect-units/detect", body(own).put("scaled", true)).path("error"));
    assertThat(ofReadings).hasSize(14);
    for (int i = 9; i < 14; i++) {
      assertThat(ofReadings[i]).isCloseTo(ofOwn[i], within(1e-6));
    }
  }

  private static byte[] bytes(Path file) throws Exception {
    return Files.readAllBytes(file);
  }

  @Test
  void whatIsMadeOfTheInputIsHeldAgainstItInTheOutputsUnitsAndOrder() throws Exception {
    String model =
        serve(
            "detect-ordered",
            AUTOENCODER.resolve("model.keras"),
            "{\"features\": [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"], \"targets\": [\"b\",\"a\",\"c\",\"d\",\"e\",\"f\"]}",
            Map.of(
                "scaler", "{\"mean\": [5, 6, 7, 8, 9, 9], \"scale\": [2, 2, 2, 2, 2, 2]}",
                "target_scaler",
                    "{\"mean\": [1, 2, 3, 4, 5, 6], \"scale\": [10, 20, 30, 40, 50, 60]}"));
    int[] sizes = sizes(json(send(request("GET", model, null))));
    ArrayNode x = random(sizes[0], sizes[1]);
    double[] output = numbers(ask(model + "/unroll", body(x)).path("output"));
    int[] column = {1, 0, 2, 3, 4, 5};
    double expected = 0;
    for (int i = 0; i < output.length; i++) {
      int target = i % 6;
      double was = numbers(x)[i - target + column[target]];
      expected += Math.abs(output[i] - was) / (10 * (target + 1)) / output.length;
    }
    JsonNode answer = ask(model + "/detect", body(x));
    assertThat(answer.path("kind").asString()).isEqualTo("reconstruction");
    assertThat(answer.path("error").asDouble()).isCloseTo(expected, within(1e-5));
  }

  @Test
  void autoencoderWhoseTargetsAreNotItsFeaturesIsAskedFor() throws Exception {
    String model =
        serve(
            "detect-others",
            AUTOENCODER.resolve("model.keras"),
            "{\"features\": [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"], \"targets\": [\"u\",\"v\",\"w\",\"x\",\"y\",\"z\"]}");
    int[] sizes = sizes(json(send(request("GET", model, null))));
    ObjectNode body = body(random(sizes[0], sizes[1]));
    assertProblem(postJson(model + "/detect", body.toString()), 422, "cannot-detect");
    ask(model + "/detect", body.put("kind", "reconstruction"));
  }

  @Test
  void forecasterThatAnswersItsLastStepAloneIsAskedForEachStep() throws Exception {
    String model =
        serve(
            "detect-last",
            Path.of("src/test/resources/golden/onnx-export-last-hidden-dynamo/model.onnx"),
            "{\"feedback\": [0], \"detection\": {\"kind\": \"forecast\"}}");
    JsonNode described = json(send(request("GET", model, null)));
    assertThat(described.at("/outputs/0/shape").size()).isEqualTo(2);
    int width = described.at("/inputs/0/shape/2").intValue();
    ArrayNode x = random(2, 5, width);
    JsonNode errors = ask(model + "/detect", body(x)).path("error");
    double[][] expected = new double[2][5];
    for (int row = 0; row < 2; row++) {
      assertThat(errors.at("/%d/0".formatted(row)).isNull()).isTrue();
      for (int step = 1; step < 5; step++) {
        ArrayNode before = JSON.createArrayNode();
        for (int i = 0; i < step; i++) {
          before.add(x.at("/%d/%d".formatted(row, i)));
        }
        double[] said = numbers(ask(model + "/unroll", body(before)).path("output"));
        double[] was = Arrays.copyOf(numbers(x.at("/%d/%d".formatted(row, step))), said.length);
        expected[row][step] = error("mae", said, was, 0, 1);
        assertThat(errors.at("/%d/%d".formatted(row, step)).asDouble())
            .isCloseTo(expected[row][step], within(1e-5));
      }
    }
    String sequence =
        "/v1/sequences/"
            + json(postJson(model + "/sequences", "{\"batch\": 2}")).path("id").asString();
    ObjectNode chunk = JSON.createObjectNode().put("return_sequences", true);
    ArrayNode rows = chunk.putArray("x");
    for (int row = 0; row < 2; row++) {
      rows.addArray().add(x.at("/%d/0".formatted(row))).add(x.at("/%d/1".formatted(row)));
    }
    ObjectNode wrong = chunk.deepCopy().put("detect", true);
    assertProblem(
        postJson(sequence + "/unroll", wrong.toString()), 400, "invalid-input", "/detect");
    ask(sequence + "/unroll", chunk);
    ObjectNode next = JSON.createObjectNode().put("detect", true);
    next.putArray("x").add(x.at("/0/2")).add(x.at("/1/2"));
    JsonNode answer = ask(sequence + "/step", next);
    for (int row = 0; row < 2; row++) {
      assertThat(answer.at("/error/" + row).asDouble()).isCloseTo(expected[row][2], within(1e-5));
    }
  }

  @Test
  void errorOfAStepBeyondFloatsIsANumber() throws Exception {
    String model =
        serve(
            "detect-beyond",
            CASES.resolve("forecast-stateful/model.pt"),
            "{\"detection\": {\"metric\": \"mse\"}, \"threshold\": 1e60}");
    String sequence =
        "/v1/sequences/" + json(postJson(model + "/sequences", "{}")).path("id").asString();
    ObjectNode body = JSON.createObjectNode().put("detect", true);
    ask(sequence + "/step", body.set("x", random(2)));
    body.putArray("x").add(3e30f).add(0);
    JsonNode answer = ask(sequence + "/step", body);
    assertThat(answer.path("error").asDouble()).isCloseTo(4.5e60, within(1e56));
    assertThat(answer.path("anomaly").asBoolean()).isTrue();
  }

  @Test
  void whatMayBeBothIsAskedFor() throws Exception {
    String model = serve("detect-both", CASES.resolve("forecast-stateful/model.pt"), "{}");
    ArrayNode x = random(5, 2);
    assertProblem(postJson(model + "/detect", body(x).toString()), 422, "cannot-detect");
    JsonNode reconstruction =
        ask(model + "/detect", body(x).put("kind", "reconstruction").put("metric", "mse"));
    double[] output =
        numbers(ask(model + "/unroll", body(x).put("return_sequences", true)).path("output"));
    assertThat(reconstruction.path("error").asDouble())
        .isCloseTo(error("mse", output, numbers(x), 0, 1), within(1e-6));
  }

  @Test
  void modelThatDoesNeitherSaysWhy() throws Exception {
    String model = serve("detect-labels", CASES.resolve("labels/model.keras"), "{}");
    assertProblem(postJson(model + "/detect", body(random(4, 6)).toString()), 422, "cannot-detect");
    String autoencoder = serve("detect-no-forecast", AUTOENCODER.resolve("model.keras"), "{}");
    int[] sizes = sizes(json(send(request("GET", autoencoder, null))));
    ask(autoencoder + "/detect", body(random(sizes[0], sizes[1])));
    assertProblem(
        postJson(autoencoder + "/detect", body(random(sizes[0] + 1, sizes[1])).toString()),
        400,
        "invalid-input",
        "/x");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | /x",
        "{\"x\": [[0.1]]} | /x",
        "{\"x\": [[0.1], [0.2], [0.3], [0.4], [0.5], [0.6], [0.7], [0.8], [0.9]]} | /x",
        "{\"x\": [[0.1, 0.2]]} | /x",
        "{\"x\": [[0.1]], \"kind\": \"guess\"} | /kind",
        "{\"x\": [[0.1]], \"metric\": 1} | /metric",
        "{\"x\": [[0.1]], \"threshold\": -1} | /threshold",
        "{\"x\": [[0.1]], \"threshold\": \"high\"} | /threshold",
        "{\"x\": [[0.1]], \"thresholds\": 1} | /thresholds"
      })
  void wrongFieldIsNamed(String body, String pointer) throws Exception {
    String model = serve("detect-window", CASES.resolve("forecast-window/model.keras"), "{}");
    HttpResponse<byte[]> response = postJson(model + "/detect", body);
    assertProblem(response, 400, "invalid-input", pointer);
  }

  @Test
  void thresholdIsAQuantileOfTheErrorsOfUsualData() throws Exception {
    String model = serve("detect-fit", AUTOENCODER.resolve("model.keras"), "{}");
    int[] sizes = sizes(json(send(request("GET", model, null))));
    ArrayNode usual = random(21, sizes[0], sizes[1]);
    double[] errors =
        numbers(ask(model + "/detect", body(usual).put("metric", "rmse")).path("error"));
    Arrays.sort(errors);
    ObjectNode body = body(usual).put("metric", "rmse").put("quantile", 0.93);
    JsonNode answer = ask(model + "/threshold", body);
    // 0.93 of the way from the first to the last of 21: 0.6 of the way from the 19th to the 20th.
    double expected = errors[18] + 0.6 * (errors[19] - errors[18]);
    assertThat(answer.path("threshold").asDouble()).isCloseTo(expected, within(1e-12));
    assertThat(answer.path("errors").asInt()).isEqualTo(21);
    assertThat(answer.path("metric").asString()).isEqualTo("rmse");
    assertThat(answer.has("kept_version")).isFalse();
    assertThat(ask(model + "/threshold", body.put("quantile", 1)).path("threshold").asDouble())
        .isEqualTo(errors[20]);
    assertProblem(
        postJson(model + "/threshold", body.put("quantile", 1.5).toString()),
        400,
        "invalid-input",
        "/quantile");
  }

  @Test
  void thresholdIsKeptInAVersionOfTheSameFiles() throws Exception {
    String model =
        serve(
            "detect-keep",
            CASES.resolve("forecast-stateful/model.pt"),
            "{\"description\": \"a pump\", \"threshold\": 7}");
    ArrayNode usual = random(12, 2);
    ObjectNode body = body(usual).put("kind", "forecast").put("metric", "mse").put("keep", true);
    JsonNode answer = ask(model + "/threshold", body.put("quantile", 0.5));
    assertThat(answer.path("version").asString()).isEqualTo("1");
    assertThat(answer.path("kept_version").asString()).isEqualTo("2");
    JsonNode kept = json(send(request("GET", model, null)));
    assertThat(kept.path("version").asString()).isEqualTo("2");
    assertThat(kept.path("description").asString()).isEqualTo("a pump");
    assertThat(kept.path("detection"))
        .isEqualTo(
            JSON.createObjectNode()
                .put("kind", "forecast")
                .put("metric", "mse")
                .put("threshold", answer.path("threshold").asDouble()));
    JsonNode detected = ask(model + "/detect", body(usual));
    int anomalies = 0;
    for (JsonNode anomaly : detected.path("anomaly")) {
      anomalies += anomaly.asBoolean(false) ? 1 : 0;
    }
    assertThat(anomalies).isEqualTo(5);
    JsonNode first = json(send(request("GET", model + "/versions/1", null)));
    assertThat(first.at("/detection/threshold").asDouble()).isEqualTo(7);
  }

  @Test
  void stepOfASequenceIsHeldAgainstWhatTheLastSaidOfIt() throws Exception {
    String model =
        serve("detect-steps", CASES.resolve("forecast-stateful/model.pt"), "{\"threshold\": 0.9}");
    ArrayNode x = random(2, 8, 2);
    double[] expected =
        numbers(ask(model + "/detect", body(x).put("kind", "forecast")).path("error"));
    HttpResponse<byte[]> opened = postJson(model + "/sequences", "{\"batch\": 2}");
    String sequence = "/v1/sequences/" + json(opened).path("id").asString();
    for (int step = 0; step < 4; step++) {
      ObjectNode body = JSON.createObjectNode().put("detect", true).put("step", step + 1);
      body.putArray("x").add(x.at("/0/" + step)).add(x.at("/1/" + step));
      JsonNode answer = ask(sequence + "/step", body);
      assertStep(answer.path("error"), answer.path("anomaly"), expected, step);
      assertThat(answer.path("threshold").asDouble()).isEqualTo(0.9);
      // A step that is asked for again has the error that it had.
      assertThat(ask(sequence + "/step", body)).isEqualTo(answer);
    }
    ObjectNode chunk = JSON.createObjectNode().put("detect", true);
    ArrayNode rows = chunk.putArray("x");
    for (int row = 0; row < 2; row++) {
      ArrayNode steps = rows.addArray();
      for (int step = 4; step < 7; step++) {
        steps.add(x.at("/%d/%d".formatted(row, step)));
      }
    }
    assertProblem(
        postJson(sequence + "/unroll", chunk.put("return_sequences", false).toString()),
        400,
        "invalid-input",
        "/detect");
    JsonNode answer = ask(sequence + "/unroll", chunk.put("return_sequences", true));
    for (int row = 0; row < 2; row++) {
      for (int step = 4; step < 7; step++) {
        assertThat(answer.at("/error/%d/%d".formatted(row, step - 4)).asDouble())
            .isCloseTo(expected[row * 8 + step], within(1e-5));
      }
    }
    ObjectNode last = JSON.createObjectNode();
    last.putArray("x").add(x.at("/0/7")).add(x.at("/1/7"));
    assertThat(ask(sequence + "/step?detect=true", last).at("/error/1").asDouble())
        .isCloseTo(expected[15], within(1e-5));
    assertThat(ask(sequence + "/step", last).has("error")).isFalse();
  }

  private static void assertStep(JsonNode error, JsonNode anomaly, double[] expected, int step) {
    for (int row = 0; row < 2; row++) {
      if (step == 0) {
        assertThat(error.get(row).isNull()).isTrue();
        assertThat(anomaly.get(row).isNull()).isTrue();
      } else {
        double wanted = expected[row * 8 + step];
        assertThat(error.get(row).asDouble()).isCloseTo(wanted, within(1e-5));
        assertThat(anomaly.get(row).asBoolean()).isEqualTo(wanted > 0.9);
      }
    }
  }

  @Test
  void sequenceOfAModelThatDoesNotSayItsNextStepDetectsNothing() throws Exception {
    HttpResponse<byte[]> opened = postJson("/v1/models/notebook-cell/sequences", "{}");
    String sequence = "/v1/sequences/" + json(opened).path("id").asString();
    ObjectNode body = body(random(6)).put("detect", true);
    assertProblem(postJson(sequence + "/step", body.toString()), 422, "cannot-detect");
    assertThat(json(send(request("GET", sequence, null))).path("step").asInt()).isZero();
  }

  /**
   * A file may be made for a fixed number of steps, which are a window of what a request brings.
   */
  @Test
  void seriesMayBeLongerThanTheFilesFixedLength() throws Exception {
    String model = serve("detect-fixed", CASES.resolve("forecast-fixed-window/model.onnx"), "{}");
    ArrayNode x = random(11, 2);
    ArrayNode first = JSON.createArrayNode();
    for (int i = 3; i < 9; i++) {
      first.add(x.get(i));
    }
    JsonNode said = ask(model + "/unroll", body(first)).path("output");
    JsonNode answer = ask(model + "/detect", body(x));
    assertThat(answer.path("error").size()).isEqualTo(11);
    assertThat(answer.at("/error/5").isNull()).isTrue();
    assertThat(answer.at("/error/9").asDouble())
        .isCloseTo(error("mae", numbers(said), numbers(x.get(9)), 0, 1), within(1e-6));
    ObjectNode forecast = JSON.createObjectNode().put("horizon", 2);
    ArrayNode history = forecast.putArray("history");
    for (int i = 0; i < 9; i++) {
      history.add(x.get(i));
    }
    double[] ahead = numbers(ask(model + "/forecast", forecast).path("forecast").get(0));
    assertThat(ahead).containsExactly(numbers(said), within(1e-6));
    assertProblem(
        postJson(model + "/detect", body(random(6, 2)).toString()), 400, "invalid-input", "/x");
    assertProblem(
        postJson(model + "/detect", body(random(9, 3)).toString()), 400, "invalid-input", "/x");
  }
}
