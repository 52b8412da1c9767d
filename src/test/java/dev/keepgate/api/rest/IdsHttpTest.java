package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Integers for an embedding, in the forms in which clients send them. */
class IdsHttpTest extends ServerTest {

  private static final String MODEL = "pytorch-tagger";
  private static final String UNROLL = "/v1/models/" + MODEL + "/unroll";
  private static final String INFER = "/v2/models/" + MODEL + "/infer";

  private JsonNode expected;

  @BeforeEach
  void expect() throws Exception {
    serve(MODEL);
    expected = json(postJson(UNROLL, "{\"x\": [[3, 1, 2], [0, 2, 4]]}")).path("output");
    assertThat(expected.isArray()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[[3.0, 1.0, 2.0], [0.0, 2.0, 4.0]]",
        "[[3, 1.0, 2e0], [-0.0, 20e-1, 4]]",
        "[[[3], [1], [2]], [[0], [2], [4]]]",
        "[[[3.0], [1.0], [2.0]], [[0.0], [2.0], [4.0]]]"
      })
  void idsAreTheSameInEachForm(String x) throws Exception {
    HttpResponse<byte[]> response = postJson(UNROLL, "{\"x\": %s}".formatted(x));
    assertThat(json(response).path("output")).as(text(response)).isEqualTo(expected);
    response = postJson(UNROLL, "{\"inputs\": {\"x\": %s}}".formatted(x));
    assertThat(json(response).path("output")).as(text(response)).isEqualTo(expected);
  }

  @Test
  void safetensorsOfRealNumbersAreIds() throws Exception {
    float[] ids = {3, 1, 2, 0, 2, 4};
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    Safetensors.write(body, Map.of("x", Tensor.Floats.of(ids, 2, 3)), Map.of());
    HttpResponse<byte[]> response =
        send(
            request("POST", UNROLL, body.toByteArray())
                .header("Content-Type", Safetensors.MEDIA_TYPE));
    assertThat(json(response).path("output")).as(text(response)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"FP32; [2, 3]", "INT32; [2, 3]", "FP64; [2, 3, 1]", "INT64; [2, 3, 1]"})
  void inferenceProtocolTakesThemToo(String datatype, String shape) throws Exception {
    String body =
        "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"%s\", \"shape\": %s, \"data\": [3, 1, 2, 0, 2, 4]}]}"
            .formatted(datatype, shape);
    HttpResponse<byte[]> response = postJson(INFER, body);
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    JsonNode data = json(response).path("outputs").path(0).path("data");
    assertThat(data.valueStream().map(JsonNode::floatValue))
        .containsExactlyElementsOf(
            expected
                .valueStream()
                .flatMap(JsonNode::valueStream)
                .flatMap(JsonNode::valueStream)
                .map(JsonNode::floatValue)
                .toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[[3.5, 1, 2]]",
        "[[-1, 1, 2]]",
        "[[-1.0, 1, 2]]",
        "[[1000000.0, 1, 2]]",
        "[[1e30, 1, 2]]"
      })
  void whatIsNoIdIsRefused(String x) throws Exception {
    HttpResponse<byte[]> response = postJson(UNROLL, "{\"x\": %s}".formatted(x));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(400);
    assertThat(json(response).path("errors").path(0).path("pointer").asString()).startsWith("/x");
  }
}
