package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Requests that Triton's Python client built, byte for byte; {@code src/test/python/oip_client.py}
 * recorded them.
 */
class RecordedRequestTest extends GrpcServerTest {

  private static final String LENGTH = "inference-header-content-length";

  private static byte[] recorded(String name) throws IOException {
    try (InputStream in = RecordedRequestTest.class.getResourceAsStream("/oip/" + name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }

  private record Answer(String status, Map<String, String> headers, byte[] body) {}

  private Answer send(byte[] request) throws IOException {
    try (Socket socket = new Socket("localhost", httpPort)) {
      socket.getOutputStream().write(request);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      String status = line(in);
      Map<String, String> headers = new HashMap<>();
      for (String header = line(in); !header.isEmpty(); header = line(in)) {
        int colon = header.indexOf(':');
        headers.put(
            header.substring(0, colon).toLowerCase(Locale.ROOT),
            header.substring(colon + 1).strip());
      }
      byte[] body = new byte[Integer.parseInt(headers.getOrDefault("content-length", "0"))];
      in.readFully(body);
      return new Answer(status, headers, body);
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
      line.append(next == '\r' ? "" : (char) next);
    }
    return line.toString();
  }

  private static byte[] unpacked(Answer answer) throws IOException {
    InputStream packed = new ByteArrayInputStream(answer.body());
    return switch (answer.headers().getOrDefault("content-encoding", "")) {
      case "gzip" -> new GZIPInputStream(packed).readAllBytes();
      case "deflate" -> new InflaterInputStream(packed).readAllBytes();
      default -> answer.body();
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "all",
        "output",
        "sequence-number",
        "sequence-string",
        "timeout",
        "gzip",
        "deflate"
      })
  void answersBinaryRequests(String name) throws IOException {
    Answer answer = send(recorded(name + ".http"));
    assertThat(answer.status()).startsWith("HTTP/1.1 200");
    byte[] body = unpacked(answer);
    int length = Integer.parseInt(answer.headers().get(LENGTH));
    JsonNode json =
        JsonMapper.shared().readTree(new String(body, 0, length, StandardCharsets.UTF_8));
    assertThat(json.at("/outputs/0/name").asString()).isEqualTo("output");
    assertThat(json.at("/outputs").size()).isEqualTo(outputsOf(name));
    float[] output = new float[8];
    ByteBuffer.wrap(body, length, 32).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(output);
    assertThat(output).containsExactly(OUTPUT, EXACTLY);
    if (name.equals("gzip") || name.equals("deflate")) {
      assertThat(answer.headers()).containsEntry("content-encoding", name);
    }
  }

  private static int outputsOf(String name) {
    return name.equals("output") || name.startsWith("sequence") ? 1 : 3;
  }

  @ParameterizedTest
  @ValueSource(strings = "json")
  void answersJsonRequests(String name) throws IOException {
    Answer answer = send(recorded(name + ".http"));
    assertThat(answer.status()).startsWith("HTTP/1.1 200");
    assertThat(answer.headers()).doesNotContainKey(LENGTH);
    JsonNode data = JsonMapper.shared().readTree(answer.body()).at("/outputs/0/data");
    float[] output = new float[data.size()];
    for (int i = 0; i < output.length; i++) {
      output[i] = data.get(i).floatValue();
    }
    assertThat(output).containsExactly(OUTPUT, EXACTLY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"all", "output", "sequence-number", "sequence-string", "timeout"})
  void answersMessages(String name) throws IOException {
    ModelInferResponse answer =
        stub().modelInfer(ModelInferRequest.parseFrom(recorded(name + ".pb")));
    assertThat(floats(answer.getRawOutputContents(0))).containsExactly(OUTPUT, EXACTLY);
    assertThat(answer.getOutputsCount()).isEqualTo(outputsOf(name));
    assertThat(answer.getId()).isEqualTo(name.equals("output") ? "7" : "");
  }
}
