package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Labels: names for versions that move from one to the next. */
class LabelsHttpTest extends ServerTest {

  private static final Path CELL_FILE =
      Path.of("src/test/resources/golden/notebook-cell/model.npz");
  private static final String STEP_BODY =
      "{\"x\": [[1,2,3,4,3,2]], \"state\": {\"c\": [[1,2,1,2]]}}";

  private void put(String model, int version) throws Exception {
    List<FormPart> parts =
        List.of(
            new FormPart("file", "model.npz", Files.readAllBytes(CELL_FILE)),
            new FormPart(
                "config",
                null,
                "{\"forget_bias\": 0.%02d}".formatted(version).getBytes(StandardCharsets.UTF_8)));
    HttpResponse<byte[]> put =
        form("PUT", "/v1/models/%s/versions/%d".formatted(model, version), parts);
    assertThat(put.statusCode()).as(text(put)).isIn(200, 201);
  }

  private HttpResponse<byte[]> label(String model, String label, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(uri("/v1/models/%s/labels/%s".formatted(model, label)))
            .header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString(body)));
  }

  private void labelled(String model, String label, int version) throws Exception {
    HttpResponse<byte[]> put = label(model, label, "{\"version\": %d}".formatted(version));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(200);
    assertThat(json(put))
        .isEqualTo(
            JSON.readTree(
                "{\"model\": \"%s\", \"label\": \"%s\", \"version\": \"%d\"}"
                    .formatted(model, label, version)));
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    return send(request("GET", path, null));
  }

  private String version(String path, String body) throws Exception {
    HttpResponse<byte[]> answer = postJson(path, body);
    assertThat(answer.statusCode()).as(text(answer)).isBetween(200, 201);
    return json(answer).path("version").asString();
  }

  /** The names of classes are called labels, too. */
  @Test
  void labelsOfVersionsAreNotTakenForThoseOfClasses() throws Exception {
    String config = "{\"labels\": [\"a\", \"b\", \"c\", \"d\"]}";
    HttpResponse<byte[]> put =
        form(
            "PUT",
            "/v1/models/label-classes/versions/1",
            List.of(
                new FormPart("file", "model.npz", Files.readAllBytes(CELL_FILE)),
                new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8))));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    labelled("label-classes", "stable", 1);
    String description = text(get("/v1/models/label-classes"));
    assertThat(JSON.readTree(description).path("labels").size()).isEqualTo(4);
    assertThat(JSON.readTree(description).path("version_labels").size()).isEqualTo(1);
    assertThat(description.split("\"labels\":", -1)).hasSize(2);
  }

  @Test
  void plainRequestsGoToStableAndOthersToTheirLabel() throws Exception {
    for (int version = 1; version <= 3; version++) {
      put("label-plain", version);
    }
    String model = "/v1/models/label-plain";
    assertThat(version(model + "/step", STEP_BODY)).isEqualTo("3");
    labelled("label-plain", "stable", 1);
    labelled("label-plain", "canary", 2);
    assertThat(version(model + "/step", STEP_BODY)).isEqualTo("1");
    assertThat(version(model + "/labels/stable/step", STEP_BODY)).isEqualTo("1");
    assertThat(version(model + "/labels/canary/step", STEP_BODY)).isEqualTo("2");
    assertThat(version(model + "/versions/3/step", STEP_BODY)).isEqualTo("3");
    assertThat(json(get(model)).get("version").asString()).isEqualTo("1");
    assertThat(json(get(model)).get("version_labels")).isEqualTo(JSON.readTree("[\"stable\"]"));
    assertThat(json(get(model + "/versions/3")).has("version_labels")).isFalse();
    assertThat(json(get(model + "/labels")))
        .isEqualTo(
            JSON.readTree(
                """
                {"model": "label-plain", "labels": {"canary": "2", "stable": "1"}}
                """));
    assertThat(json(get(model + "/labels/canary")).get("version").asString()).isEqualTo("2");
    assertThat(send(request("DELETE", model + "/labels/stable", null)).statusCode()).isEqualTo(204);
    assertThat(version(model + "/step", STEP_BODY)).isEqualTo("3");
    assertProblem(get(model + "/labels/stable"), 404, "label-not-found");
    assertProblem(send(request("DELETE", model + "/labels/stable", null)), 404, "label-not-found");
  }

  /** Each operation of a model, with a body that it refuses for its own reasons or answers. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          step      | application/json            | {"x": [[1,2,3,4,3,2]]}
          unroll    | application/json            | {"x": [[[1,2,3,4,3,2]]]}
          forecast  | application/json            | {"history": [[1,2,3,4,3,2]], "horizon": 1}
          detect    | application/json            | {"x": [[1,2,3,4,3,2]]}
          threshold | application/json            | {"x": [[1,2,3,4,3,2]]}
          generate  | application/json            | {"ids": [1]}
          sequences | application/json            | {}
          unroll    | text/csv                    | 1,2,3,4,3,2
          forecast  | text/csv                    | 1,2,3,4,3,2
          detect    | text/csv                    | 1,2,3,4,3,2
          """)
  void everyOperationHasLabels(String operation, String type, String body) throws Exception {
    put("label-operations", 1);
    put("label-operations", 2);
    labelled("label-operations", "canary", 1);
    HttpResponse<byte[]> labelled = ask("labels/canary", operation, type, body);
    HttpResponse<byte[]> numbered = ask("versions/1", operation, type, body);
    assertThat(labelled.statusCode()).as(text(labelled)).isEqualTo(numbered.statusCode());
    assertThat(labelled.statusCode()).isNotIn(404, 405, 415, 500);
    assertThat(settled(labelled)).isEqualTo(settled(numbered));
    assertProblem(ask("labels/none", operation, type, body), 404, "label-not-found");
    assertProblem(ask("labels/7", operation, type, body), 400, "invalid-input", "{label}");
  }

  private HttpResponse<byte[]> ask(String of, String operation, String type, String body)
      throws Exception {
    return send(
        HttpRequest.newBuilder(uri("/v1/models/label-operations/" + of + "/" + operation))
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** Without what every answer has of its own. */
  private static String settled(HttpResponse<byte[]> response) {
    return text(response)
        .replaceAll("\"(requestId|id|expires_at|created_at|opened_at)\":\"[^\"]*\"", "")
        .replaceAll("/(versions|labels)/[a-z0-9]+", "");
  }

  @Test
  void openInferenceProtocolTakesLabelsForVersions() throws Exception {
    put("label-oip", 1);
    put("label-oip", 2);
    labelled("label-oip", "canary", 1);
    String body =
        """
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1, 6], "data": [1,2,3,4,3,2]}]}
        """;
    String model = "/v2/models/label-oip";
    for (Map.Entry<String, String> each :
        Map.of("/versions/canary/infer", "1", "/infer", "2", "/versions/2/infer", "2").entrySet()) {
      HttpResponse<byte[]> answer = postJson(model + each.getKey(), body);
      assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
      assertThat(json(answer).get("model_version").asString()).isEqualTo(each.getValue());
    }
    assertThat(get(model + "/versions/canary/ready").statusCode()).isEqualTo(200);
    assertThat(get(model + "/versions/none/ready").statusCode()).isEqualTo(404);
    labelled("label-oip", "stable", 1);
    assertThat(json(postJson(model + "/infer", body)).get("model_version").asString())
        .isEqualTo("1");
  }

  @Test
  void sequenceStaysWithTheVersionThatItsLabelStoodFor() throws Exception {
    put("label-sequence", 1);
    put("label-sequence", 2);
    labelled("label-sequence", "stable", 1);
    String path = "/v1/models/label-sequence/labels/stable/sequences";
    JsonNode opened = json(postJson(path, "{}"));
    assertThat(opened.get("version").asString()).isEqualTo("1");
    labelled("label-sequence", "stable", 2);
    String sequence = "/v1/sequences/" + opened.get("id").asString();
    assertThat(postJson(sequence + "/step", "{\"x\": [[1,2,3,4,3,2]]}").statusCode())
        .isEqualTo(200);
    assertThat(json(get(sequence)).get("version").asString()).isEqualTo("1");
    assertThat(json(postJson(path, "{}")).get("version").asString()).isEqualTo("2");
  }

  @Test
  void versionWithALabelIsNotDeleted() throws Exception {
    put("label-delete", 1);
    put("label-delete", 2);
    labelled("label-delete", "stable", 1);
    String model = "/v1/models/label-delete";
    for (String path : List.of(model + "/versions/1", model)) {
      HttpResponse<byte[]> refused = send(request("DELETE", path, null));
      assertProblem(refused, 409, "version-labelled");
      assertThat(json(refused).get("detail").asString()).contains("[stable]");
    }
    assertThat(version(model + "/step", STEP_BODY)).isEqualTo("1");
    labelled("label-delete", "stable", 2);
    assertThat(send(request("DELETE", model + "/versions/1", null)).statusCode()).isEqualTo(204);
    assertThat(send(request("DELETE", model + "/labels/stable", null)).statusCode()).isEqualTo(204);
    assertThat(send(request("DELETE", model, null)).statusCode()).isEqualTo(204);
    assertProblem(get(model + "/labels"), 404, "model-not-found");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"version\": 0}",
        "{\"version\": \"x\"}",
        "{\"version\": null}",
        "[]",
        "{\"version\": 1, \"weight\": 0.5}",
        "{\"version\": 1.5}"
      })
  void labelNeedsAVersion(String body) throws Exception {
    put("label-bad", 1);
    HttpResponse<byte[]> refused = label("label-bad", "stable", body);
    assertThat(refused.statusCode()).as(text(refused)).isEqualTo(400);
    assertThat(json(get("/v1/models/label-bad/labels")).get("labels").size()).isZero();
  }

  @Test
  void onlyAVersionThatServesGetsALabel() throws Exception {
    put("label-missing", 1);
    assertProblem(label("label-missing", "stable", "{\"version\": 2}"), 404, "model-not-found");
    assertProblem(label("label-none", "stable", "{\"version\": 2}"), 404, "model-not-found");
    for (String name : List.of("Stable", "7", "a".repeat(33), "a_b")) {
      assertProblem(
          label("label-missing", name, "{\"version\": 1}"), 400, "invalid-input", "{label}");
    }
  }

  @Test
  void noMoreLabelsThanAllowed() throws Exception {
    put("label-many", 1);
    for (int i = 0; i < 100; i++) {
      labelled("label-many", "a" + i, 1);
    }
    assertProblem(label("label-many", "stable", "{\"version\": 1}"), 507, "too-many-labels");
    labelled("label-many", "a7", 1);
  }

  /** Versions come, are promoted, rolled back and deleted, and no request sees it. */
  @Test
  void promotionsAndRollBacksLoseNoRequest() throws Exception {
    put("label-load", 1);
    put("label-load", 2);
    labelled("label-load", "stable", 1);
    labelled("label-load", "canary", 2);
    AtomicBoolean isOver = new AtomicBoolean();
    AtomicInteger answers = new AtomicInteger();
    Map<String, String> outputs = new TreeMap<>();
    List<String> failures = new ArrayList<>();
    ExecutorService clients = Executors.newFixedThreadPool(4);
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String path = "/v1/models/label-load" + (i % 2 == 0 ? "/step" : "/labels/canary/step");
      running.add(
          clients.submit(
              () -> {
                while (!isOver.get()) {
                  HttpResponse<byte[]> answer = postJson(path, STEP_BODY);
                  String text = text(answer);
                  synchronized (outputs) {
                    if (answer.statusCode() != 200) {
                      failures.add(text);
                    } else {
                      JsonNode json = JSON.readTree(text);
                      String output = json.get("output").toString();
                      String before = outputs.putIfAbsent(json.get("version").asString(), output);
                      if (before != null && !before.equals(output)) {
                        failures.add("one version, two answers: " + text);
                      }
                    }
                  }
                  answers.incrementAndGet();
                }
                return null;
              }));
    }
    for (int next = 3; next <= 22; next++) {
      int seen = answers.get();
      put("label-load", next);
      labelled("label-load", "canary", next);
      labelled("label-load", "stable", next);
      labelled("label-load", "stable", next - 2);
      labelled("label-load", "stable", next - 1);
      assertThat(
              send(request("DELETE", "/v1/models/label-load/versions/" + (next - 2), null))
                  .statusCode())
          .isEqualTo(204);
      while (answers.get() < seen + 8) {
        Thread.onSpinWait();
      }
    }
    isOver.set(true);
    for (Future<?> client : running) {
      client.get();
    }
    clients.shutdown();
    System.out.printf("%d answers, by versions %s%n", answers.get(), outputs.keySet());
    assertThat(failures).isEmpty();
    assertThat(answers.get()).isGreaterThan(160);
    assertThat(outputs.size()).isGreaterThan(2);
    assertThat(outputs.values()).doesNotHaveDuplicates();
  }
}
