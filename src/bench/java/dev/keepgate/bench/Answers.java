package dev.keepgate.bench;

import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds servers' answers against the reference, before any are timed. */
final class Answers {

  private static final double TOLERANCE = 1e-4;
  private static final JsonMapper JSON = new JsonMapper();

  private Answers() {}

  static HttpResponse<byte[]> requireStatus(int status, HttpResponse<byte[]> answer)
      throws IOException {
    if (answer.statusCode() != status) {
      throw new IOException(
          "%s answered %d: %s"
              .formatted(
                  answer.uri(),
                  answer.statusCode(),
                  new String(answer.body(), StandardCharsets.UTF_8)));
    }
    return answer;
  }

  /** Sends a request, which has to be answered with the state that its inputs lead to. */
  static void verify(ServerProcess server, LoadRequest request, Inputs inputs)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = requireStatus(200, server.send(request));
    verify(request.path(), inputs, h(answer));
  }

  static void verify(String what, Inputs inputs, float[] h) throws IOException {
    float[] expected = inputs.expected();
    if (h.length != expected.length) {
      throw new IOException(
          "%s answered %d numbers for %d".formatted(what, h.length, expected.length));
    }
    for (int i = 0; i < h.length; i++) {
      // Written so that NaN fails.
      if (!(Math.abs(h[i] - expected[i]) <= TOLERANCE)) {
        throw new IOException(
            "%s answered h[%d] = %s for %s".formatted(what, i, h[i], expected[i]));
      }
    }
  }

  /** 32-bit floats as binary protocols have them. */
  static float[] floats(ByteBuffer bytes) {
    float[] floats = new float[bytes.remaining() / Float.BYTES];
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  private static float[] h(HttpResponse<byte[]> answer) {
    int length =
        (int) answer.headers().firstValueAsLong("Inference-Header-Content-Length").orElse(0);
    if (length > 0) {
      return binaryOutput(answer.body(), length);
    }
    String type = answer.headers().firstValue("Content-Type").orElse("");
    if (type.startsWith(Safetensors.MEDIA_TYPE)) {
      Map<String, Tensor> tensors = Safetensors.read(answer.body());
      Tensor h = tensors.containsKey("h") ? tensors.get("h") : tensors.get("output");
      return ((Tensor.Floats) Objects.requireNonNull(h)).values();
    }
    List<Float> found = new ArrayList<>();
    collect(h(JSON.readTree(answer.body())), found);
    float[] h = new float[found.size()];
    for (int i = 0; i < h.length; i++) {
      h[i] = found.get(i);
    }
    return h;
  }

  /** A step of a sequence is answered without its state; its output is h. */
  private static JsonNode h(JsonNode answer) {
    for (JsonNode output : answer.path("outputs")) {
      if (output.path("name").asString().equals("h")) {
        return output.path("data");
      }
    }
    JsonNode state = answer.path("state").isMissingNode() ? answer : answer.path("state");
    return state.has("h") ? state.path("h") : answer.path("output");
  }

  private static void collect(JsonNode node, List<Float> numbers) {
    if (node.isNumber()) {
      numbers.add(node.floatValue());
    }
    node.forEach(element -> collect(element, numbers));
  }

  /** The outputs' numbers follow the JSON in its order. */
  private static float[] binaryOutput(byte[] body, int jsonLength) {
    int offset = jsonLength;
    for (JsonNode output : JSON.readTree(body, 0, jsonLength).path("outputs")) {
      int size = output.path("parameters").path("binary_data_size").asInt();
      if (output.path("name").asString().equals("h")) {
        return floats(ByteBuffer.wrap(body, offset, size).slice());
      }
      offset += size;
    }
    return new float[0];
  }
}
