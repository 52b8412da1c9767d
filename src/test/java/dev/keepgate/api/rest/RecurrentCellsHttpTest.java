package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.GoldenCase;
import dev.keepgate.GoldenCase.Tensor;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** GRUs and simple recurrent cells in all that a server does with a cell. */
class RecurrentCellsHttpTest extends ServerTest {

  /** Cells of all kinds on top of each other: their states have h of each, and c of the LSTM. */
  private static final String ALL = "pytorch-x-cells-of-all-kinds";

  private String uploaded(String name) throws Exception {
    GoldenCase golden = GoldenCase.read(name);
    String model = "cells-" + name;
    HttpResponse<byte[]> put = upload(model, golden.models().get(0), golden.config().toString());
    assertThat(put.statusCode()).as(text(put)).isBetween(200, 201);
    return "/v1/models/" + model;
  }

  private JsonNode ask(String path, JsonNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body.toString());
    assertThat(response.statusCode()).as(text(response)).isBetween(200, 201);
    return json(response);
  }

  /** [batch, time, features]. */
  private static ArrayNode x(GoldenCase golden) {
    Tensor x = Objects.requireNonNull(golden.inputs().get("x"));
    ArrayNode rows = JSON.createArrayNode();
    for (int row = 0; row < x.shape()[0]; row++) {
      ArrayNode steps = rows.addArray();
      for (int t = 0; t < x.shape()[1]; t++) {
        ArrayNode step = steps.addArray();
        for (int j = 0; j < x.shape()[2]; j++) {
          step.add(x.data()[(row * x.shape()[1] + t) * x.shape()[2] + j]);
        }
      }
    }
    return rows;
  }

  /** [batch, features] of one step. */
  private static ObjectNode step(ArrayNode x, int t) {
    ObjectNode body = JSON.createObjectNode();
    ArrayNode rows = body.putArray("x");
    x.forEach(row -> rows.add(row.get(t)));
    return body;
  }

  private static double[] numbers(JsonNode node) {
    return stream(node).toArray();
  }

  private static DoubleStream stream(JsonNode node) {
    return node.isNumber()
        ? DoubleStream.of(node.asDouble())
        : node.valueStream().flatMapToDouble(RecurrentCellsHttpTest::stream);
  }

  @ParameterizedTest
  @CsvSource({
    "keras-gru, gru, 'h'",
    "tf1-x-gru, 'gru,gru', 'h'",
    "tf1-x-rnn, 'rnn,rnn', 'h'",
    "pytorch-x-cells-of-all-kinds, 'gru,lstm,rnn', 'h,c'"
  })
  void stepsAndSequencesEndWhereAnUnrollEnds(String name, String types, String slots)
      throws Exception {
    String model = uploaded(name);
    JsonNode view = json(send(request("GET", model, null)));
    assertThat(view.get("layers").valueStream().map(layer -> layer.get("type").asString()))
        .containsExactly(types.split(","));
    ArrayNode x = x(GoldenCase.read(name));
    ObjectNode whole = JSON.createObjectNode();
    whole.set("x", x);
    JsonNode unrolled = ask(model + "/unroll", whole);
    assertThat(unrolled.get("state").propertyNames()).containsExactly(slots.split(","));

    int batch = x.size();
    JsonNode opened =
        ask(model + "/sequences", JSON.createObjectNode().put("batch", batch).put("id", name));
    assertThat(opened.get("step").asInt()).isZero();
    JsonNode state = JSON.createObjectNode();
    for (int t = 0; t < x.get(0).size(); t++) {
      ObjectNode body = step(x, t);
      JsonNode kept = ask("/v1/sequences/" + name + "/step", body);
      body.set("state", state);
      JsonNode answer = ask(model + "/step", body);
      state = answer.get("state");
      assertThat(numbers(answer.get("output")))
          .containsExactly(numbers(kept.get("output")), within(1e-6));
    }
    assertThat(numbers(state)).containsExactly(numbers(unrolled.get("state")), within(1e-6));
    JsonNode kept = json(send(request("GET", "/v1/sequences/" + name, null)));
    assertThat(numbers(kept.get("state"))).containsExactly(numbers(state), within(1e-6));
    send(request("DELETE", "/v1/sequences/" + name, null));
  }

  @Test
  void traceHoldsTheEquationsOfAGru() throws Exception {
    String model = uploaded("keras-gru");
    ObjectNode body = step(x(GoldenCase.read("keras-gru")), 0).put("trace", true);
    JsonNode answer = ask(model + "/step", body);
    JsonNode trace = answer.get("trace").get(0);
    assertThat(trace.propertyNames()).containsExactly("update", "reset", "candidate", "hidden");
    double[] update = numbers(trace.get("update"));
    double[] candidate = numbers(trace.get("candidate"));
    double[] hidden = numbers(trace.get("hidden"));
    for (int j = 0; j < hidden.length; j++) {
      // From zero, there is nothing to keep.
      assertThat(hidden[j]).isCloseTo((1 - update[j]) * candidate[j], within(1e-6));
    }
    assertThat(hidden).containsExactly(numbers(answer.get("output")), within(1e-6));
  }

  @Test
  void traceIsOfEachCellsOwnGates() throws Exception {
    String model = uploaded(ALL);
    ObjectNode body = JSON.createObjectNode().put("trace", true);
    body.set("x", x(GoldenCase.read(ALL)));
    JsonNode trace = ask(model + "/unroll", body).get("trace");
    assertThat(trace.valueStream().map(cell -> List.copyOf(cell.propertyNames())))
        .containsExactly(
            List.of("update", "reset", "candidate", "hidden"),
            List.of("input", "forget", "output", "candidate", "cell", "hidden"),
            List.of("hidden"));
  }

  @Test
  void stateThatAGruHasNotIsRefused() throws Exception {
    String model = uploaded("keras-gru");
    ObjectNode body = step(x(GoldenCase.read("keras-gru")), 0);
    body.putObject("state").putArray("c");
    HttpResponse<byte[]> response = postJson(model + "/step", body.toString());
    assertThat(response.statusCode()).as(text(response)).isBetween(400, 422);
    assertThat(text(response)).contains("/state/c");
  }
}
