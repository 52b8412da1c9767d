package dev.keepgate.api.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
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
class DetectHttpTest extends DetectionTest {

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
    // In a batch of other rows, BLAS may sum in another order.
    assertThat(alone.path("error").asDouble())
        .isCloseTo(answer.at("/error/1").asDouble(), within(1e-6));
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
