package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Labels with a weight: a share of the requests that name neither version nor label. */
class CanaryHttpTest extends ServerTest {

  private static final Path CELL_FILE =
      Path.of("src/test/resources/golden/notebook-cell/model.npz");
  private static final String X = "{\"x\": [[1,2,3,4,3,2]], \"state\": {\"c\": [[1,2,1,2]]}}";
  private static final int REQUESTS = 1000;

  /** Two versions that answer otherwise, the first of them stable. */
  private void serve(String model, String weight) throws Exception {
    for (int version = 1; version <= 2; version++) {
      String config = "{\"forget_bias\": 0.%02d}".formatted(version);
      HttpResponse<byte[]> put =
          form(
              "PUT",
              "/v1/models/%s/versions/%d".formatted(model, version),
              List.of(
                  new FormPart("file", "model.npz", Files.readAllBytes(CELL_FILE)),
                  new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8))));
      assertThat(put.statusCode()).as(text(put)).isIn(200, 201);
    }
    label(model, "stable", "{\"version\": 1}", 200);
    label(model, "canary", "{\"version\": 2%s}".formatted(weight), 200);
  }

  private HttpResponse<byte[]> label(String model, String label, String body, int status)
      throws Exception {
    HttpResponse<byte[]> put =
        send(
            HttpRequest.newBuilder(uri("/v1/models/%s/labels/%s".formatted(model, label)))
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(body)));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(status);
    return put;
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    return send(request("GET", path, null));
  }

  @Test
  void shareGoesToTheCanaryAndEachAnswerIsItsVersionsOwn() throws Exception {
    serve("canary-share", ", \"weight\": 0.3");
    String model = "/v1/models/canary-share";
    Map<String, String> outputs = new HashMap<>();
    for (String version : List.of("1", "2")) {
      JsonNode answer = json(postJson(model + "/versions/" + version + "/step", X));
      outputs.put(version, answer.get("output").toString());
    }
    assertThat(outputs.values()).doesNotHaveDuplicates();
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < REQUESTS; i++) {
      JsonNode answer = json(postJson(model + "/step", X));
      String version = answer.get("version").asString();
      assertThat(answer.get("output").toString()).isEqualTo(outputs.get(version));
      counts.merge(version, 1, Integer::sum);
    }
    System.out.println("answers by version: " + counts);
    // Six standard deviations.
    assertThat(counts.get("2")).isBetween(213, 387);
    for (int i = 0; i < 20; i++) {
      assertThat(json(postJson(model + "/labels/stable/step", X)).get("version").asString())
          .isEqualTo("1");
      assertThat(json(get(model)).get("version").asString()).isEqualTo("1");
    }
    label("canary-share", "canary", "{\"version\": 2}", 200);
    for (int i = 0; i < 50; i++) {
      assertThat(json(postJson(model + "/step", X)).get("version").asString()).isEqualTo("1");
    }
    String scraped = text(get("/actuator/prometheus"));
    for (String version : List.of("1", "2")) {
      assertThat(scraped)
          .containsPattern(
              "keepgate_version_requests_seconds_count\\{(.*,)?version=\"%s\".* [1-9]"
                  .formatted(version));
    }
  }

  @Test
  void openInferenceProtocolGetsTheSameShare() throws Exception {
    serve("canary-oip", ", \"weight\": 0.3");
    String body =
        """
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1, 6], "data": [1,2,3,4,3,2]}]}
        """;
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < REQUESTS; i++) {
      JsonNode answer = json(postJson("/v2/models/canary-oip/infer", body));
      counts.merge(answer.get("model_version").asString(), 1, Integer::sum);
    }
    System.out.println("answers by version: " + counts);
    assertThat(counts.get("2")).isBetween(213, 387);
    assertThat(counts).containsOnlyKeys("1", "2");
  }

  /** Decided once, when it is opened. */
  @Test
  void sequenceStaysWithTheVersionThatItFellTo() throws Exception {
    serve("canary-sequence", ", \"weight\": 0.5");
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      JsonNode opened = json(postJson("/v1/models/canary-sequence/sequences", "{}"));
      String version = opened.get("version").asString();
      counts.merge(version, 1, Integer::sum);
      String path = "/v1/sequences/" + opened.get("id").asString();
      for (int step = 1; step <= 5; step++) {
        JsonNode answer = json(postJson(path + "/step", "{\"x\": [1,2,3,4,3,2]}"));
        assertThat(answer.get("step").asInt()).isEqualTo(step);
        assertThat(json(get(path)).get("version").asString()).isEqualTo(version);
      }
    }
    System.out.println("sequences by version: " + counts);
    assertThat(counts).containsOnlyKeys("1", "2");
  }

  /** Over /v2 each step names the model again: it is not drawn again. */
  @Test
  void sequenceOverTheOpenInferenceProtocolStaysToo() throws Exception {
    serve("canary-steps", ", \"weight\": 0.5");
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < 40; i++) {
      String first = null;
      for (int step = 1; step <= 5; step++) {
        String body =
            """
            {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1, 6], "data": [1,2,3,4,3,2]}],
             "parameters": {"sequence_id": "canary-%d", "sequence_start": %b}}
            """
                .formatted(i, step == 1);
        HttpResponse<byte[]> answer = postJson("/v2/models/canary-steps/infer", body);
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
        String version = json(answer).get("model_version").asString();
        assertThat(first == null || first.equals(version)).isTrue();
        first = version;
      }
      counts.merge(String.valueOf(first), 1, Integer::sum);
    }
    System.out.println("sequences by version: " + counts);
    assertThat(counts).containsOnlyKeys("1", "2");
  }

  @Test
  void weightsAreTold() throws Exception {
    serve("canary-told", ", \"weight\": 0.25");
    String model = "/v1/models/canary-told";
    assertThat(json(get(model + "/labels/canary")))
        .isEqualTo(
            JSON.readTree(
                """
                {"model": "canary-told", "label": "canary", "version": "2", "weight": 0.25}
                """));
    assertThat(json(get(model + "/labels")))
        .isEqualTo(
            JSON.readTree(
                """
                {"model": "canary-told", "labels": {"canary": "2", "stable": "1"},
                 "weights": {"canary": 0.25}}
                """));
    assertThat(json(get(model + "/versions/2")).get("label_weights"))
        .isEqualTo(JSON.readTree("{\"canary\": 0.25}"));
    assertThat(json(get(model)).has("label_weights")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          canary | 0
          canary | 1
          canary | -0.1
          canary | 1e300
          canary | "0.1"
          canary | null
          canary | true
          canary | 0.61
          stable | 0.1
          """)
  void weightThatCannotBeIsRefusedByItsField(String label, String weight) throws Exception {
    serve("canary-bad", ", \"weight\": 0.1");
    label("canary-bad", "other", "{\"version\": 2, \"weight\": 0.4}", 200);
    assertProblem(
        label("canary-bad", label, "{\"version\": 2, \"weight\": %s}".formatted(weight), 400),
        400,
        "invalid-input",
        "/weight");
    assertThat(json(get("/v1/models/canary-bad/labels")).get("weights"))
        .isEqualTo(JSON.readTree("{\"canary\": 0.1, \"other\": 0.4}"));
  }

  /** What has no place in the body is told by a header. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          unroll | text/csv         | text/csv             | 1,2,3,4,3,2;3,2,2,2,2,2
          unroll | text/csv         | application/x-ndjson | 1,2,3,4,3,2;3,2,2,2,2,2
          unroll | application/json | application/x-npy    | {"x": [[1,2,3,4,3,2],[3,2,2,2,2,2]]}
          """)
  void versionIsToldWhateverTheFormat(String operation, String type, String accept, String body)
      throws Exception {
    serve("canary-formats", ", \"weight\": 0.5");
    Map<String, String> answers = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      HttpResponse<byte[]> answer =
          send(
              HttpRequest.newBuilder(uri("/v1/models/canary-formats/" + operation))
                  .header("Content-Type", type)
                  .header("Accept", accept)
                  .POST(BodyPublishers.ofString(body.replace(';', '\n'))));
      assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
      String version = answer.headers().firstValue("X-Model-Version").orElseThrow();
      String before = answers.putIfAbsent(version, text(answer));
      assertThat(before == null || before.equals(text(answer))).isTrue();
    }
    assertThat(answers).containsOnlyKeys("1", "2");
    assertThat(answers.get("1")).isNotEqualTo(answers.get("2"));
  }
}
