package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Thresholds that are made of usual data. */
class ThresholdHttpTest extends DetectionTest {

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
}
