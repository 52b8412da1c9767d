package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.GoldenCase;
import dev.keepgate.ModelBytes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** Labels with a shadow: versions that are sent what the served one was, and answer nobody. */
@TestPropertySource(properties = "keepgate.batch.workers=3")
class ShadowHttpTest extends ServerTest {

  private static final Path CELL_FILE =
      Path.of("src/test/resources/golden/notebook-cell/model.npz");
  private static final String ROW = "{\"x\": [[1,2,3,4,3,2]]}";
  private static final String UNROLL = "{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]}";

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());

  @Autowired private MeterRegistry meters;

  private void put(String model, int version, String config) throws Exception {
    HttpResponse<byte[]> put =
        form(
            "PUT",
            "/v1/models/%s/versions/%d".formatted(model, version),
            List.of(
                new FormPart("file", "model.npz", Files.readAllBytes(CELL_FILE)),
                new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8))));
    assertThat(put.statusCode()).as(text(put)).isIn(200, 201);
  }

  private HttpResponse<byte[]> label(String model, String label, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(uri("/v1/models/%s/labels/%s".formatted(model, label)))
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body)));
  }

  /** Version 1, and version 2 of another forget bias or none. */
  private void serve(String model, double bias) throws Exception {
    put(model, 1, "{}");
    put(model, 2, bias == 0 ? "{}" : "{\"forget_bias\": %s}".formatted(bias));
    assertThat(label(model, "stable", "{\"version\": 1}").statusCode()).isEqualTo(200);
  }

  private void shadow(String model, String share) throws Exception {
    HttpResponse<byte[]> put =
        label(model, "next", "{\"version\": 2, \"shadow\": %s}".formatted(share));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(200);
  }

  private JsonNode ask(String path, String body) throws Exception {
    HttpResponse<byte[]> answer = postJson(path, body);
    assertThat(answer.statusCode()).as(text(answer)).isBetween(200, 201);
    return json(answer);
  }

  private Map<String, Integer> outcomes(String model) {
    Map<String, Integer> outcomes = new TreeMap<>();
    for (Counter each : meters.find("keepgate.shadow").tag("model", model).counters()) {
      if (each.count() > 0) {
        outcomes.merge(
            String.valueOf(each.getId().getTag("outcome")), (int) each.count(), Integer::sum);
      }
    }
    return outcomes;
  }

  private void awaitOutcomes(String model, Map<String, Integer> expected) {
    Awaitility.await().untilAsserted(() -> assertThat(outcomes(model)).isEqualTo(expected));
    System.out.println(model + ": " + outcomes(model));
  }

  private double largest(String model) {
    DistributionSummary summary =
        meters.get("keepgate.shadow.difference").tag("model", model).summary();
    return summary.max();
  }

  @Test
  void likeVersionAnswersTheSame() throws Exception {
    serve("shadow-same", 0);
    String model = "/v1/models/shadow-same";
    ask(model + "/step", ROW);
    shadow("shadow-same", "1");
    for (int i = 0; i < 20; i++) {
      assertThat(ask(model + "/step", ROW).get("version").asString()).isEqualTo("1");
      assertThat(ask(model + "/unroll", UNROLL).get("version").asString()).isEqualTo("1");
      ask(model + "/versions/1/step", ROW);
      ask(model + "/labels/next/step", ROW);
      ask(model + "/versions/2/step", ROW);
    }
    String oip =
        """
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2, 6],
         "data": [1,2,3,4,3,2,3,2,2,2,2,2]}]}
        """;
    assertThat(ask("/v2/models/shadow-same/infer", oip).get("model_version").asString())
        .isEqualTo("1");
    HttpResponse<byte[]> stream =
        send(
            HttpRequest.newBuilder(uri(model + "/unroll"))
                .header("Content-Type", "application/json")
                .header("Accept", "application/x-ndjson")
                .POST(BodyPublishers.ofString(UNROLL)));
    assertThat(text(stream)).contains("\"version\":\"1\"");
    awaitOutcomes("shadow-same", Map.of("same", 62));
    assertThat(largest("shadow-same")).isZero();
  }

  @Test
  void anotherVersionsDifferenceIsWhatClientsWouldSee() throws Exception {
    serve("shadow-other", 0.5);
    shadow("shadow-other", "1");
    String model = "/v1/models/shadow-other";
    String body =
        "{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2],[0,1,0,1,0,1]], \"return_sequences\": true}";
    JsonNode served = ask(model + "/unroll", body);
    JsonNode other = ask(model + "/versions/2/unroll", body);
    awaitOutcomes("shadow-other", Map.of("different", 1));
    assertThat(largest("shadow-other"))
        .isPositive()
        .isCloseTo(difference(served.get("output"), other.get("output")), within(1e-6));
  }

  private static double difference(JsonNode a, JsonNode b) {
    double largest = 0;
    for (int i = 0; i < a.size(); i++) {
      largest =
          Math.max(
              largest,
              a.get(i).isArray()
                  ? difference(a.get(i), b.get(i))
                  : Math.abs(a.get(i).asDouble() - b.get(i).asDouble()));
    }
    return largest;
  }

  @Test
  void shareOfTheRequestsIsSent() throws Exception {
    serve("shadow-share", 0);
    shadow("shadow-share", "0.3");
    for (int i = 0; i < 1000; i++) {
      ask("/v1/models/shadow-share/step", ROW);
    }
    // Six standard deviations; what found no room counts, too.
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(
                        outcomes("shadow-share").values().stream()
                            .mapToInt(Integer::intValue)
                            .sum())
                    .isBetween(213, 387));
    System.out.println(outcomes("shadow-share"));
  }

  /** Its state is made of the same inputs, so each step is what a sequence of its own would be. */
  @ParameterizedTest
  @CsvSource({"0, same", "0.5, different"}) // But for the first step: there is nothing to forget.
  void sequencesAreFollowedFromTheirFirstStep(double bias, String outcome) throws Exception {
    System.out.println("ShadowHttpTest seed " + seed);
    Random random = new Random(seed);
    String name = "shadow-sequence-" + outcome;
    serve(name, bias);
    shadow(name, "1");
    String served = ask("/v1/models/%s/sequences".formatted(name), "{}").get("id").asString();
    String alone =
        ask("/v1/models/%s/versions/2/sequences".formatted(name), "{}").get("id").asString();
    double largest = 0;
    for (int step = 1; step <= 30; step++) {
      String body = "{\"x\": %s, \"step\": %d}".formatted(row(random), step);
      JsonNode first = ask("/v1/sequences/" + served + "/step", body);
      JsonNode again = ask("/v1/sequences/" + served + "/step", body);
      assertThat(again.get("output")).isEqualTo(first.get("output"));
      JsonNode other = ask("/v1/sequences/" + alone + "/step", body);
      largest = Math.max(largest, difference(first.get("output"), other.get("output")));
    }
    for (int chunk = 0; chunk < 5; chunk++) {
      String body = "{\"x\": [%s,%s,%s]}".formatted(row(random), row(random), row(random));
      JsonNode first = ask("/v1/sequences/" + served + "/unroll", body);
      JsonNode other = ask("/v1/sequences/" + alone + "/unroll", body);
      largest = Math.max(largest, difference(first.get("output"), other.get("output")));
    }
    awaitOutcomes(name, bias == 0 ? Map.of(outcome, 35) : Map.of(outcome, 34, "same", 1));
    assertThat(largest(name)).isCloseTo(largest, within(1e-6));
    assertThat(followed()).isPositive();
    assertThat(send(request("DELETE", "/v1/sequences/" + served, null)).statusCode())
        .isEqualTo(204);
    Awaitility.await().untilAsserted(() -> assertThat(followed()).isZero());
  }

  private double followed() {
    return meters.get("keepgate.shadow.sequences").gauge().value();
  }

  private static String row(Random random) {
    return random.doubles(6, -2, 2).mapToObj(Double::toString).toList().toString();
  }

  /** A comparison from another state would say nothing, so there is none. */
  @Test
  void whatGoesOnFromAStateThatTheShadowHasNotIsNotCompared() throws Exception {
    serve("shadow-unfollowed", 0);
    String model = "/v1/models/shadow-unfollowed";
    String early = ask(model + "/sequences", "{}").get("id").asString();
    ask("/v1/sequences/" + early + "/step", ROW);
    shadow("shadow-unfollowed", "1");
    for (int i = 0; i < 3; i++) {
      ask("/v1/sequences/" + early + "/step", ROW);
    }
    awaitOutcomes("shadow-unfollowed", Map.of("unfollowed", 3));
    String imported =
        ask(model + "/sequences", "{\"state\": {\"h\": [1,1,1,1], \"c\": [0,0,0,0]}, \"step\": 0}")
            .get("id")
            .asString();
    ask("/v1/sequences/" + imported + "/step", ROW);
    awaitOutcomes("shadow-unfollowed", Map.of("unfollowed", 4));
    String forked = ask("/v1/sequences/" + early + "/fork", "{}").get("id").asString();
    ask("/v1/sequences/" + forked + "/step", ROW);
    ask(model + "/step", "{\"x\": [[1,2,3,4,3,2]], \"state\": {\"c\": [[1,2,1,2]]}}");
    awaitOutcomes("shadow-unfollowed", Map.of("unfollowed", 6));

    String followed = ask(model + "/sequences", "{}").get("id").asString();
    ask("/v1/sequences/" + followed + "/step", ROW);
    awaitOutcomes("shadow-unfollowed", Map.of("unfollowed", 6, "same", 1));
    // Another version, which has not seen the first step.
    put("shadow-unfollowed", 3, "{\"forget_bias\": 0.5}");
    assertThat(label("shadow-unfollowed", "next", "{\"version\": 3, \"shadow\": 1}").statusCode())
        .isEqualTo(200);
    ask("/v1/sequences/" + followed + "/step", ROW);
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(outcomes("shadow-unfollowed"))
                    .isEqualTo(Map.of("unfollowed", 7, "same", 1)));
  }

  /** The served version answers as ever, whatever its shadow is. */
  @Test
  void shadowOfAnotherShapeFails() throws Exception {
    put("shadow-shape", 1, "{}");
    assertThat(label("shadow-shape", "stable", "{\"version\": 1}").statusCode()).isEqualTo(200);
    HttpResponse<byte[]> put =
        form(
            "PUT",
            "/v1/models/shadow-shape/versions/2",
            List.of(new FormPart("file", "model.safetensors", ModelBytes.pytorch(6, 3, 7))));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    put =
        form(
            "PUT",
            "/v1/models/shadow-shape/versions/3",
            List.of(new FormPart("file", "model.safetensors", ModelBytes.pytorch(5, 4, 7))));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    shadow("shadow-shape", "1");
    ask("/v1/models/shadow-shape/step", ROW);
    awaitOutcomes("shadow-shape", Map.of("failed", 1));
    assertThat(label("shadow-shape", "more", "{\"version\": 3, \"shadow\": 1}").statusCode())
        .isEqualTo(200);
    JsonNode answer = ask("/v1/models/shadow-shape/step", ROW);
    assertThat(answer.get("output").get(0).get(0).asDouble()).isCloseTo(-0.05328178, within(1e-6));
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(
                        meters
                            .find("keepgate.shadow")
                            .tag("model", "shadow-shape")
                            .tag("outcome", "failed")
                            .counters()
                            .stream()
                            .mapToDouble(Counter::count))
                    .containsExactlyInAnyOrder(2.0, 1.0));
  }

  @ParameterizedTest
  @CsvSource({"next, 0", "next, 1.1", "next, -1", "next, true", "stable, 0.5"})
  void shadowThatCannotBeIsRefusedByItsField(String label, String share) throws Exception {
    serve("shadow-bad", 0);
    assertProblem(
        label("shadow-bad", label, "{\"version\": 1, \"shadow\": %s}".formatted(share)),
        400,
        "invalid-input",
        "/shadow");
  }

  @Test
  void shadowIsToldAndTakenAway() throws Exception {
    serve("shadow-told", 0);
    shadow("shadow-told", "0.5");
    String model = "/v1/models/shadow-told";
    assertThat(json(send(request("GET", model + "/labels", null))))
        .isEqualTo(
            JSON.readTree(
                """
                {"model": "shadow-told", "labels": {"next": "2", "stable": "1"},
                 "shadows": {"next": 0.5}}
                """));
    assertThat(json(send(request("GET", model + "/versions/2", null))).get("label_shadows"))
        .isEqualTo(JSON.readTree("{\"next\": 0.5}"));
    assertThat(repository.resolve("shadow-told/.labels"))
        .hasContent("next 2 shadow=0.5\nstable 1\n");
    shadow("shadow-told", "1");
    ask(model + "/step", ROW);
    awaitOutcomes("shadow-told", Map.of("same", 1));
    assertThat(label("shadow-told", "next", "{\"version\": 2}").statusCode()).isEqualTo(200);
    for (int i = 0; i < 5; i++) {
      ask(model + "/step", ROW);
    }
    assertThat(label("shadow-told", "stable", "{\"version\": 2}").statusCode()).isEqualTo(200);
    shadow("shadow-told", "1");
    ask(model + "/step", ROW);
    Gauge queue = meters.get("keepgate.shadow.queue").gauge();
    Awaitility.await().until(() -> queue.value() == 0);
    assertThat(outcomes("shadow-told")).isEqualTo(Map.of("same", 1));
    assertThat(send(request("DELETE", model + "/labels/stable", null)).statusCode()).isEqualTo(204);
    assertThat(send(request("DELETE", model + "/labels/next", null)).statusCode()).isEqualTo(204);
    assertThat(send(request("DELETE", model, null)).statusCode()).isEqualTo(204);
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(meters.find("keepgate.shadow").tag("model", "shadow-told").meters())
                    .isEmpty());
  }

  /** It holds its worker to its end, so it is only begun where others remain: on three workers. */
  @Test
  void wholeModelIsComparedOnThreeWorkers() throws Exception {
    GoldenCase golden = GoldenCase.read("pytorch-bidirectional");
    for (int version = 1; version <= 2; version++) {
      HttpResponse<byte[]> put =
          form(
              "PUT",
              "/v1/models/shadow-whole/versions/" + version,
              List.of(
                  new FormPart(
                      "file", "model.safetensors", Files.readAllBytes(golden.file(".safetensors"))),
                  new FormPart(
                      "config",
                      null,
                      golden.config().toString().getBytes(StandardCharsets.UTF_8))));
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    assertThat(label("shadow-whole", "stable", "{\"version\": 1}").statusCode()).isEqualTo(200);
    shadow("shadow-whole", "1");
    String row = "[1,2,3,4,5,6,7]";
    ask("/v1/models/shadow-whole/unroll", "{\"x\": [[" + row + "," + row + "]]}");
    awaitOutcomes("shadow-whole", Map.of("same", 1));
  }
}
