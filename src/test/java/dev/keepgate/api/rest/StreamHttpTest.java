package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.GoldenCase;
import dev.keepgate.api.http.ProblemDetails;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Unrolls that answer step by step. */
class StreamHttpTest extends ServerTest {

  private static final String SEQUENCE =
      """
      {"x": [[[1,2,3,4,3,2],[1,2,1,1,1,2],[1,2,2,2,2,2]],
             [[1,2,3,4,3,2],[3,2,2,1,1,2],[0,0,0,0,3,2]]], "lengths": [3, 2]}""";

  private HttpResponse<byte[]> stream(String model, String accept, String body) throws Exception {
    return send(
        request("POST", "/v1/models/" + model + "/unroll", null)
            .POST(BodyPublishers.ofString(body))
            .header("Content-Type", "application/json")
            .header("Accept", accept));
  }

  private static List<JsonNode> lines(String text) {
    return text.lines().map(JSON::readTree).toList();
  }

  @Test
  void aLineAStepIsWhatTheWholeAnswerIs() throws Exception {
    JsonNode whole = json(postJson("/v1/models/notebook-sequence/unroll", SEQUENCE));
    HttpResponse<byte[]> response = stream("notebook-sequence", "application/x-ndjson", SEQUENCE);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/x-ndjson");
    List<JsonNode> lines = lines(text(response));
    assertThat(lines).hasSize(4);
    for (int step = 0; step < 3; step++) {
      assertThat(lines.get(step).get("step").asInt()).isEqualTo(step);
      for (int row = 0; row < 2; row++) {
        assertThat(lines.get(step).get("output").get(row))
            .isEqualTo(whole.get("output").get(row).get(step));
      }
    }
    JsonNode end = lines.get(3);
    assertThat(end.get("steps").asInt()).isEqualTo(3);
    assertThat(end.get("model").asString()).isEqualTo("notebook-sequence");
    assertThat(end.get("state")).isEqualTo(whole.get("state"));
  }

  @Test
  void withoutABatchTheLinesHaveNoneEither() throws Exception {
    String body = "{\"x\": [[1,2,3,4,3,2],[1,2,1,1,1,2]]}";
    List<JsonNode> lines = lines(text(stream("notebook-sequence", "application/x-ndjson", body)));
    assertThat(lines).hasSize(3);
    assertThat(lines.get(1).get("output").get(0).isNumber()).isTrue();
  }

  @Test
  void sendsEvents() throws Exception {
    HttpResponse<byte[]> response = stream("notebook-stacked", "text/event-stream", SEQUENCE);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream");
    List<String> types = new ArrayList<>();
    for (String event : text(response).split("\n\n")) {
      String[] lines = event.split("\n");
      assertThat(lines).hasSize(2);
      types.add(lines[0]);
      assertThat(JSON.readTree(lines[1].substring("data: ".length())).isObject()).isTrue();
    }
    assertThat(types).containsExactly("event: step", "event: step", "event: step", "event: end");
  }

  @Test
  void aModelThatReadsBackwardsStreamsAtItsEnd() throws Exception {
    GoldenCase golden = GoldenCase.read("pytorch-bidirectional");
    send(
        request("PUT", "/v1/models/streamed/versions/1", null)
            .PUT(BodyPublishers.ofFile(golden.file(".safetensors"))));
    int width = json(send(request("GET", "/v1/models/streamed", null))).get("input_size").asInt();
    String step = "[" + "0.5,".repeat(width - 1) + "1]";
    String body = "{\"x\": [%s,%s,%s]}".formatted(step, step, step);
    JsonNode whole = json(postJson("/v1/models/streamed/unroll", body));
    List<JsonNode> lines = lines(text(stream("streamed", "application/x-ndjson", body)));
    assertThat(lines).hasSize(4);
    for (int i = 0; i < 3; i++) {
      assertThat(lines.get(i).get("output")).isEqualTo(whole.get("output").get(i));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"x\": [[[1]]]}", "{\"trace\": true, \"x\": [[1,2,3,4,3,2]]}", "{\"x\": "})
  void whatIsWrongFromTheStartIsAProblemAsAnyOther(String body) throws Exception {
    HttpResponse<byte[]> response = stream("notebook-sequence", "application/x-ndjson", body);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.headers().firstValue("Content-Type")).hasValue(ProblemDetails.MEDIA_TYPE);
  }

  @Test
  void jsonFirstIsNoStream() throws Exception {
    HttpResponse<byte[]> response =
        stream("notebook-sequence", "application/json, application/x-ndjson", SEQUENCE);
    assertThat(json(response).has("output")).isTrue();
  }

  @Test
  void theStateIsLeftOutWhereItIsNotWanted() throws Exception {
    String off = SEQUENCE.replaceFirst("\\{", "{\"return_state\": false, ");
    String unroll = "/v1/models/notebook-sequence/unroll";
    JsonNode whole = json(postJson(unroll, SEQUENCE));
    for (HttpResponse<byte[]> response :
        List.of(postJson(unroll, off), postJson(unroll + "?return_state=false", SEQUENCE))) {
      assertThat(json(response).has("state")).isFalse();
      assertThat(json(response).path("output")).isEqualTo(whole.path("output"));
    }
    assertThat(whole.has("state")).isTrue();
    assertThat(json(postJson(CELL + "?return_state=false", CELL_BODY)).has("state")).isFalse();
    List<JsonNode> lines = lines(text(stream("notebook-sequence", "application/x-ndjson", off)));
    assertThat(lines.get(3).has("state")).isFalse();
    assertThat(lines.get(3).path("steps").asInt()).isEqualTo(3);
    HttpResponse<byte[]> binary =
        send(
            request("POST", unroll, off.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .header("Content-Type", "application/json")
                .header("Accept", "application/vnd.safetensors"));
    assertThat(text(binary)).contains("\"output\"").doesNotContain("\"h\"");
  }

  @Test
  void anArrayIsTakenAndAnsweredAsNumpySavesIt() throws Exception {
    float[] x = {1, 2, 3, 4, 3, 2, 1, 2, 1, 1, 1, 2};
    java.io.ByteArrayOutputStream body = new java.io.ByteArrayOutputStream();
    dev.keepgate.tensor.Npy.write(body, dev.keepgate.tensor.Tensor.Floats.of(x, 1, 2, 6));
    HttpResponse<byte[]> response =
        send(
            request("POST", "/v1/models/notebook-sequence/unroll", body.toByteArray())
                .header("Content-Type", "application/x-npy")
                .header("Accept", "application/x-npy"));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/x-npy");
    var output =
        (dev.keepgate.tensor.Tensor.Floats)
            dev.keepgate.tensor.Npy.read(
                response.body(), response.body().length, dev.keepgate.tensor.ArrayMemory.UNBOUNDED);
    JsonNode expected =
        json(postJson(
                "/v1/models/notebook-sequence/unroll", "{\"x\": [[[1,2,3,4,3,2],[1,2,1,1,1,2]]]}"))
            .path("output");
    assertThat(output.shape()).containsExactly(1, 2, 4);
    for (int i = 0; i < 8; i++) {
      assertThat(output.values()[i])
          .isEqualTo((float) expected.get(0).get(i / 4).get(i % 4).asDouble());
    }
    assertProblem(
        send(
            request("POST", "/v1/models/notebook-sequence/unroll?trace=true", body.toByteArray())
                .header("Content-Type", "application/x-npy")
                .header("Accept", "application/x-npy")),
        400,
        "invalid-input",
        "/trace");
    HttpResponse<byte[]> wide =
        send(request("POST", CELL, body.toByteArray()).header("Content-Type", "application/x-npy"));
    assertProblem(wide, 400, "invalid-input", "/x");
  }
}
