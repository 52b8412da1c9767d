package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Forecasts that go on from a sequence. */
class SequenceForecastHttpTest extends DistributionTest {

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
    byte[] packed = gzip(ahead.toString().getBytes(StandardCharsets.UTF_8));
    HttpResponse<byte[]> unpacked =
        send(
            request("POST", sequence + "/forecast", packed)
                .header("Content-Type", "application/json")
                .header("Content-Encoding", "gzip"));
    assertThat(unpacked.statusCode()).as(text(unpacked)).isEqualTo(200);
    assertThat(json(unpacked)).isEqualTo(answer);
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
}
