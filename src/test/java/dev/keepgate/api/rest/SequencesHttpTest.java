package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.ModelBytes;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** Sequences over HTTP, against a running server. */
@TestPropertySource(
    properties = {
      "keepgate.sequences.max-count=40",
      "keepgate.sequences.max-sequence-bytes=20KB",
      "keepgate.sequences.reap-interval=20ms"
    })
class SequencesHttpTest extends ServerTest {

  private static final String CELL = "/v1/models/notebook-cell";
  private static final String X0 = "[[1,2,3,4,3,2],[3,2,2,2,2,2]]";
  private static final String X1 = "[[1,2,1,1,1,2],[3,2,2,1,1,2]]";

  private JsonNode open(String body) throws Exception {
    HttpResponse<byte[]> response = postJson(CELL + "/sequences", body);
    assertThat(response.statusCode()).as(text(response)).isEqualTo(201);
    return json(response);
  }

  private String openId(String body) throws Exception {
    return open(body).get("id").asString();
  }

  private HttpResponse<byte[]> post(String id, String what, String body) throws Exception {
    return postJson("/v1/sequences/" + id + "/" + what, body);
  }

  private HttpResponse<byte[]> get(String id) throws Exception {
    return send(request("GET", "/v1/sequences/" + id, null));
  }

  private void delete(String id) throws Exception {
    assertThat(send(request("DELETE", "/v1/sequences/" + id, null)).statusCode()).isEqualTo(204);
  }

  @Test
  void stepsGoOnFromWhereTheServerHasTheSequence() throws Exception {
    HttpResponse<byte[]> opened =
        postJson(CELL + "/sequences", "{\"id\": \"chat-7\", \"batch\": 2, \"ttl\": \"10m\"}");
    assertThat(opened.statusCode()).isEqualTo(201);
    assertThat(opened.headers().firstValue("Location")).hasValue("/v1/sequences/chat-7");
    assertThat(json(opened).get("step").asInt()).isZero();
    assertThat(json(opened).get("version").asString()).isEqualTo("1");

    JsonNode first = json(post("chat-7", "step", "{\"x\": " + X0 + ", \"step\": 1}"));
    JsonNode second = json(post("chat-7", "step", "{\"x\": " + X1 + ", \"return_state\": true}"));
    assertThat(first.propertyNames()).containsExactly("output", "step");
    assertThat(second.get("step").asInt()).isEqualTo(2);

    JsonNode alone = json(postJson(CELL + "/step", "{\"x\": " + X0 + "}"));
    assertThat(first.get("output")).isEqualTo(alone.get("output"));
    JsonNode then =
        json(
            postJson(CELL + "/step", "{\"x\": " + X1 + ", \"state\": " + alone.get("state") + "}"));
    assertThat(second.get("output")).isEqualTo(then.get("output"));
    assertThat(second.get("state")).isEqualTo(then.get("state"));
    assertThat(json(get("chat-7")).get("state")).isEqualTo(then.get("state"));
    delete("chat-7");
    assertProblem(get("chat-7"), 404, "sequence-not-found");
  }

  private HttpResponse<byte[]> list(String query) throws Exception {
    return send(request("GET", "/v1/sequences" + query, null));
  }

  @Test
  void openSequencesAreListedAPageAtATime() throws Exception {
    for (String id : List.of("list-1", "list-2", "list-3")) {
      open("{\"id\": \"%s\", \"batch\": 2, \"ttl\": \"10m\"}".formatted(id));
    }
    post("list-2", "step", "{\"x\": " + X0 + "}");
    List<JsonNode> found = new ArrayList<>();
    String query = "?model=notebook-cell&limit=2";
    for (int pages = 0; query != null; pages++) {
      assertThat(pages).isLessThan(40);
      HttpResponse<byte[]> page = list(query);
      assertThat(page.statusCode()).as(text(page)).isEqualTo(200);
      assertThat(json(page).get("sequences").size()).isLessThanOrEqualTo(2);
      json(page).get("sequences").forEach(found::add);
      JsonNode next = json(page).get("next");
      query = next == null ? null : "?model=notebook-cell&limit=2&after=" + next.asString();
      assertThat(page.headers().firstValue("Link"))
          .isEqualTo(
              next == null
                  ? Optional.empty()
                  : Optional.of("</v1/sequences" + query + ">; rel=\"next\""));
    }
    List<JsonNode> own =
        found.stream().filter(each -> each.get("id").asString().startsWith("list-")).toList();
    assertThat(own).extracting(each -> each.get("id").asString()).contains("list-1", "list-2");
    JsonNode second =
        own.stream().filter(each -> each.get("id").asString().equals("list-2")).findAny().get();
    assertThat(second.propertyNames())
        .containsExactly(
            "id", "model", "version", "step", "batch", "ttl", "opened_at", "expires_at", "bytes");
    JsonNode alone = json(get("list-2"));
    for (String field : List.of("id", "model", "version", "step", "batch", "ttl", "expires_at")) {
      assertThat(second.get(field)).as(field).isEqualTo(alone.get(field));
    }
    assertThat(own).hasSize(3);
    for (String id : List.of("list-1", "list-2", "list-3")) {
      delete(id);
    }
    assertThat(text(list("?model=nobody"))).isEqualTo("{\"sequences\":[]}");
  }

  @Test
  void listRefusesWhatItDoesNotKnow() throws Exception {
    assertProblem(list("?after=x"), 400, "invalid-input", "?after");
    assertProblem(list("?limit=0"), 400, "invalid-input", "?limit");
    assertProblem(list("?limit=10001"), 400, "invalid-input", "?limit");
    assertProblem(list("?model=a/b"), 400, "invalid-input", "?model");
    assertProblem(list("?version=1"), 400, "invalid-input", "?version");
    assertThat(text(list("?after=" + "9".repeat(16) + "/a"))).contains("?after");
  }

  @Test
  void repeatedStepResultsTheSameBytesAndChangesNothing() throws Exception {
    String id = openId("{\"batch\": 2}");
    String body = "{\"x\": " + X0 + ", \"step\": 1, \"return_state\": true}";
    HttpResponse<byte[]> first = post(id, "step", body);
    HttpResponse<byte[]> again = post(id, "step", body);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(json(get(id)).get("step").asInt()).isEqualTo(1);
    HttpResponse<byte[]> gap = post(id, "step", "{\"x\": " + X0 + ", \"step\": 3}");
    assertProblem(gap, 409, "out-of-step");
    assertThat(text(gap)).contains("is at step 1", "step 2, not 3");
    assertProblem(post(id, "step", "{\"x\": " + X0 + ", \"step\": 0}"), 409, "out-of-step");
    assertThat(json(get(id)).get("step").asInt()).isEqualTo(1);
    delete(id);
  }

  @Test
  void chunkTakesAsManyStepsAsItHas() throws Exception {
    String id = openId("{\"id\": \"chunks\"}");
    String chunk = "{\"x\": [[[1,2,3,4,3,2],[1,2,1,1,1,2],[1,2,2,2,2,2]]], \"step\": %d}";
    assertProblem(post(id, "unroll", chunk.formatted(1)), 409, "out-of-step");
    HttpResponse<byte[]> first = post(id, "unroll", chunk.formatted(3));
    assertThat(json(first).get("step").asInt()).isEqualTo(3);
    assertThat(json(first).get("output").get(0).size()).isEqualTo(3);
    assertThat(post(id, "unroll", chunk.formatted(3)).body()).isEqualTo(first.body());
    assertThat(json(post(id, "unroll", chunk.formatted(6))).get("step").asInt()).isEqualTo(6);

    JsonNode all =
        json(
            postJson(
                CELL + "/unroll",
                "{\"x\": [[[1,2,3,4,3,2],[1,2,1,1,1,2],[1,2,2,2,2,2],"
                    + "[1,2,3,4,3,2],[1,2,1,1,1,2],[1,2,2,2,2,2]]]}"));
    assertThat(json(get(id)).get("state")).isEqualTo(all.get("state"));
    delete(id);
  }

  @Test
  void exportOpensWhereItIsImported() throws Exception {
    String id = openId("{\"batch\": 2}");
    post(id, "step", "{\"x\": " + X0 + "}");
    String export = text(get(id));
    assertProblem(postJson(CELL + "/sequences", export), 409, "sequence-exists");
    delete(id);
    JsonNode imported = open(export);
    assertThat(imported.get("step").asInt()).isEqualTo(1);
    assertThat(imported.get("id").asString()).isEqualTo(id);
    HttpResponse<byte[]> unknown = post(id, "step", "{\"x\": " + X0 + ", \"step\": 1}");
    assertProblem(unknown, 409, "out-of-step");
    assertThat(text(unknown)).contains("the answer of step 1 is not kept");

    String fork = json(post(id, "fork", "{\"id\": \"fork\"}")).get("id").asString();
    JsonNode next = json(post(id, "step", "{\"x\": " + X1 + ", \"step\": 2}"));
    assertThat(json(get(fork)).get("step").asInt()).isEqualTo(1);
    assertThat(json(post(fork, "step", "{\"x\": " + X1 + ", \"step\": 2}"))).isEqualTo(next);
    delete(id);
    delete(fork);
  }

  @Test
  void safetensorsGoInAndOut() throws Exception {
    String id = openId("{\"batch\": 2}");
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    float[] x = {1, 2, 3, 4, 3, 2, 3, 2, 2, 2, 2, 2};
    Safetensors.write(body, Map.of("x", Tensor.Floats.of(x, 2, 6)), Map.of());
    HttpResponse<byte[]> response =
        send(
            request("POST", "/v1/sequences/" + id + "/step?step=1", body.toByteArray())
                .header("Content-Type", Safetensors.MEDIA_TYPE)
                .header("Accept", Safetensors.MEDIA_TYPE));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(Safetensors.read(response.body())).containsOnlyKeys("output");
    HttpResponse<byte[]> export =
        send(request("GET", "/v1/sequences/" + id, null).header("Accept", Safetensors.MEDIA_TYPE));
    Map<String, Tensor> state = Safetensors.read(export.body());
    assertThat(state).containsOnlyKeys("h", "c");
    HttpResponse<byte[]> imported =
        send(
            request("POST", CELL + "/sequences?id=copy&batch=2&step=1&ttl=30s", export.body())
                .header("Content-Type", Safetensors.MEDIA_TYPE));
    assertThat(imported.statusCode()).as(text(imported)).isEqualTo(201);
    assertThat(json(get("copy")).get("state")).isEqualTo(json(get(id)).get("state"));
    delete(id);
    delete("copy");
  }

  @Test
  void expiredIsGoneAndUnknownIsNotFound() throws Exception {
    String id = openId("{\"ttl\": \"1ms\"}");
    Awaitility.await().until(() -> get(id).statusCode() == 410);
    assertProblem(get(id), 410, "sequence-expired");
    assertProblem(post(id, "step", "{\"x\": [1,2,3,4,3,2]}"), 410, "sequence-expired");
    assertProblem(get("nobody"), 404, "sequence-not-found");
    assertProblem(get("not!an!id"), 404, "sequence-not-found");
    delete(openId("{\"id\": \"" + id + "\"}"));
  }

  @Test
  void faultsPointAtTheirFields() throws Exception {
    for (String[] fault :
        new String[][] {
          {"{\"id\": \"a b\"}", "/id"},
          {"{\"ttl\": \"90d\"}", "/ttl"},
          {"{\"ttl\": 5}", "/ttl"},
          {"{\"batch\": 0}", "/batch"},
          {"{\"batch\": 1000000}", "/batch"},
          {"{\"step\": -1}", "/step"},
          {"{\"step\": 9007199254740991}", "/step"},
          {"{\"step\": 9223372036854775807}", "/step"},
          {"{\"step\": 9223372036854775808}", "/step"},
          {"{\"step\": 1.5}", "/step"},
          {"{\"state\": {\"h\": [[1,2,3]]}}", "/state/h"},
          {"{\"version\": \"2\"}", "/version"},
          {"{\"tll\": \"5m\"}", "/tll"}
        }) {
      HttpResponse<byte[]> response = postJson(CELL + "/sequences", fault[0]);
      assertThat(response.statusCode()).as(fault[0]).isEqualTo(400);
      assertThat(json(response).get("errors").get(0).get("pointer").asString())
          .as(fault[0])
          .isEqualTo(fault[1]);
    }
    String id = openId("{\"batch\": 2}");
    for (String[] fault :
        new String[][] {
          {"{\"x\": [1,2,3,4,3,2]}", "/x"},
          {"{\"x\": [[1,2],[1,2]]}", "/x"},
          {"{\"x\": " + X0 + ", \"state\": {}}", "/state"},
          {"{\"x\": " + X0 + ", \"trace\": true}", "/trace"},
          {"{\"x\": " + X0 + ", \"step\": \"1\"}", "/step"},
          {"{\"x\": " + X0 + ", \"step\": -1}", "/step"},
          {"{\"x\": " + X0 + ", \"step\": 9007199254740992}", "/step"},
          {"{\"x\": " + X0 + ", \"step\": 9223372036854775808}", "/step"},
        }) {
      HttpResponse<byte[]> response = post(id, "step", fault[0]);
      assertThat(response.statusCode()).as(fault[0]).isEqualTo(400);
      assertThat(json(response).get("errors").get(0).get("pointer").asString())
          .as(fault[0])
          .isEqualTo(fault[1]);
    }
    assertThat(json(get(id)).get("step").asInt()).isZero();
    delete(id);
  }

  @Test
  void lastStepThatHasANumberIsTakenAndNoneAfterIt() throws Exception {
    String opened = CELL + "/sequences?id=late&step=";
    for (String beyond : List.of("9007199254740991", "9223372036854775808", "-1", "1".repeat(30))) {
      assertProblem(postJson(opened + beyond, "{}"), 400, "invalid-input", "?step");
    }
    assertThat(postJson(opened + "9007199254740989", "{}").statusCode()).isEqualTo(201);
    String chunk = "{\"x\": [[1,2,3,4,3,2],[1,2,1,1,1,2],[1,2,2,2,2,2]]}";
    HttpResponse<byte[]> tooLong = post("late", "unroll", chunk);
    assertProblem(tooLong, 409, "out-of-step");
    assertThat(text(tooLong)).contains("is at step 9007199254740989", "up to 9007199254740991");
    String x = "{\"x\": [1,2,3,4,3,2]";
    assertThat(json(post("late", "step?step=9007199254740990", x + "}")).get("step").asLong())
        .isEqualTo(9007199254740990L);
    HttpResponse<byte[]> last = post("late", "step", x + ", \"step\": 9007199254740991}");
    assertThat(json(last).get("step").asLong()).isEqualTo(9007199254740991L);
    assertThat(post("late", "step?step=9007199254740991", x + "}").body()).isEqualTo(last.body());
    assertProblem(post("late", "step", x + "}"), 409, "out-of-step");
    assertProblem(
        post("late", "step?step=9007199254740992", x + "}"), 400, "invalid-input", "?step");
    assertThat(json(get("late")).get("step").asLong()).isEqualTo(9007199254740991L);
    delete("late");
  }

  @Test
  void oneTooManyIsRefusedWithRetryAfter() throws Exception {
    List<String> ids = new ArrayList<>();
    HttpResponse<byte[]> response = postJson(CELL + "/sequences", "{}");
    while (response.statusCode() == 201) {
      ids.add(json(response).get("id").asString());
      response = postJson(CELL + "/sequences", "{}");
    }
    assertProblem(response, 429, "sequences-full");
    assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
    for (String id : ids) {
      delete(id);
    }
    delete(openId("{}"));
  }

  @Test
  void tooLongAnAnswerIsRefusedBeforeItIsApplied() throws Exception {
    String id = openId("{}");
    String x = "[" + "[0,0,0,0,0,1],".repeat(1500) + "[1,0,0,0,0,0]]";
    assertProblem(post(id, "unroll", "{\"x\": " + x + "}"), 413, "request-too-large");
    assertThat(json(get(id)).get("step").asInt()).isZero();
    HttpResponse<byte[]> last =
        post(id, "unroll", "{\"x\": " + x + ", \"return_sequences\": false}");
    assertThat(json(last).get("step").asInt()).isEqualTo(1501);
    delete(id);
  }

  @Test
  void stepsOfOneSequenceAtOnceAreTakenOneAfterTheOther() throws Exception {
    String id = openId("{}");
    String one = "{\"x\": [1,2,3,4,3,2]}";
    List<CompletableFuture<Integer>> running = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      running.add(CompletableFuture.supplyAsync(() -> stepNumber(id, one)));
    }
    List<Integer> numbers = running.stream().map(CompletableFuture::join).sorted().toList();
    for (int i = 0; i < 20; i++) {
      assertThat(numbers.get(i)).isEqualTo(i + 1);
    }
    String x = "[" + "[1,2,3,4,3,2],".repeat(19) + "[1,2,3,4,3,2]]";
    JsonNode alone = json(postJson(CELL + "/unroll", "{\"x\": " + x + "}"));
    assertThat(json(get(id)).get("state").get("h").get(0).get(0).asDouble())
        .isCloseTo(alone.get("state").get("h").get(0).asDouble(), within(1e-6));
    delete(id);
  }

  private int stepNumber(String id, String body) {
    try {
      return json(post(id, "step", body)).get("step").asInt();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void versionInThePathIsTheOneThatIsPinned() throws Exception {
    assertProblem(postJson("/v1/models/none/sequences", "{}"), 404, "model-not-found");
    assertThat(postJson(CELL + "/versions/1/sequences", "{\"id\": \"v1\"}").statusCode())
        .isEqualTo(201);
    delete("v1");
  }

  @Test
  void versionThatIsTakenAwayServesItsSequencesToTheirEnd() throws Exception {
    String model = "/v1/models/pinned";
    String first = "{\"x\": [1,2,3]}";
    String both = "{\"x\": [[1,2,3],[1,2,3]]}";
    assertThat(put(model, 1).statusCode()).isEqualTo(201);
    JsonNode old = json(postJson(model + "/unroll", both)).get("output");
    assertThat(postJson(model + "/sequences", "{\"id\": \"pin\"}").statusCode()).isEqualTo(201);
    assertThat(json(post("pin", "step", first)).get("output")).isEqualTo(old.get(0));

    assertThat(send(request("DELETE", model, null)).statusCode()).isEqualTo(204);
    assertProblem(postJson(model + "/step", first), 404, "model-not-found");
    assertProblem(postJson(model + "/sequences", "{}"), 404, "model-not-found");
    assertThat(put(model, 2).statusCode()).isEqualTo(201);
    JsonNode other = json(postJson(model + "/unroll", both)).get("output");
    assertThat(json(post("pin", "step", first)).get("output")).isEqualTo(old.get(1));
    assertProblem(postJson(model + "/sequences", "{}"), 410, "sequence-model-gone");
    delete("pin");

    assertThat(postJson(model + "/sequences", "{\"id\": \"pin\"}").statusCode()).isEqualTo(201);
    assertThat(json(post("pin", "step", first)).get("output")).isEqualTo(other.get(0));
    assertThat(other).isNotEqualTo(old);
    delete("pin");
    send(request("DELETE", model, null));
  }

  private HttpResponse<byte[]> put(String model, long seed) throws Exception {
    return send(request("PUT", model + "/versions/1", ModelBytes.pytorch(3, 4, seed)));
  }

  @Test
  void metersCountWhatHappened() throws Exception {
    String id = openId("{}");
    String step = "{\"x\": [1,2,3,4,3,2], \"step\": 1}";
    post(id, "step", step);
    post(id, "step", step);
    delete(id);
    String brief = openId("{\"ttl\": \"1ms\"}");
    Awaitility.await().until(() -> get(brief).statusCode() == 410);
    List<String> ids = new ArrayList<>();
    HttpResponse<byte[]> response = postJson(CELL + "/sequences", "{}");
    while (response.statusCode() == 201) {
      ids.add(json(response).get("id").asString());
      response = postJson(CELL + "/sequences", "{}");
    }
    assertThat(meter("keepgate_sequences_open")).isEqualTo(40);
    assertThat(meter("keepgate_sequences_memory_bytes")).isGreaterThan(40 * 500);
    assertThat(meter("keepgate_sequences_oldest_seconds")).isPositive();
    for (String each : ids) {
      delete(each);
    }
    for (String event :
        List.of("created", "stepped", "retried", "deleted", "expired", "rejected")) {
      String name = "keepgate_sequences_total{event=\"%s\",model=\"notebook-cell\"}";
      Awaitility.await(event).until(() -> meter(name.formatted(event)) > 0);
    }
    Awaitility.await("the last expiry").until(() -> meter("keepgate_sequences_open") == 0);
    assertThat(meter("keepgate_sequences_memory_bytes")).isZero();
    assertThat(meter("keepgate_sequences_oldest_seconds")).isZero();
  }

  /** What a meter says; less than anything where there is none of this name. */
  private double meter(String name) throws Exception {
    return text(send(request("GET", "/actuator/prometheus", null)))
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(-1);
  }

  @Test
  void nullCountsAsLeftOut() throws Exception {
    HttpResponse<byte[]> opened =
        postJson(
            "/v1/models/notebook-cell/sequences",
            """
            {"id": null, "batch": null, "step": null, "ttl": null, "state": null, "model": null,
             "version": null, "expires_at": null}""");
    assertThat(opened.statusCode()).as(text(opened)).isEqualTo(201);
    String id = json(opened).get("id").asString();
    HttpResponse<byte[]> forked =
        postJson("/v1/sequences/" + id + "/fork", "{\"id\": null, \"ttl\": null}");
    assertThat(forked.statusCode()).as(text(forked)).isEqualTo(201);
    assertThat(json(forked).get("id").asString()).isNotEqualTo(id);
  }
}
