package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Steps of sequences, against what was said of them. */
class SequenceDetectHttpTest extends DetectionTest {

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
}
