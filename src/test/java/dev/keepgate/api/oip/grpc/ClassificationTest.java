package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.keepgate.api.oip.proto.InferParameter;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferInputTensor;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferRequestedOutputTensor;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ServerMetadataRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Triton's classification extension, through each door. */
class ClassificationTest extends GrpcServerTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Path CASES = Path.of("src/test/resources/golden-scalers/labels");
  private static final float[] INPUT = {0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 3, 1, 0, 2, 0, 0};
  private static final List<String> LABELS = List.of("running", "sitting", "walking");
  private static final String BOUNDARY = "keepgate-classes";

  private final HttpClient client = HttpClient.newHttpClient();

  private HttpResponse<byte[]> send(String method, String path, String type, byte[] body)
      throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort + path))
            .method(method, BodyPublishers.ofByteArray(body))
            .header("Content-Type", type)
            .build(),
        BodyHandlers.ofByteArray());
  }

  private void put(String model, String... parts) throws Exception {
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    for (String part : parts) {
      String head =
          "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n\r\n"
              .formatted(BOUNDARY, part.startsWith("model") ? "file" : "labels", part);
      form.writeBytes(head.getBytes(StandardCharsets.UTF_8));
      form.writeBytes(Files.readAllBytes(CASES.resolve(part)));
      form.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }
    form.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
    HttpResponse<byte[]> response =
        send(
            "PUT",
            "/v1/models/" + model + "/versions/1",
            "multipart/form-data; boundary=" + BOUNDARY,
            form.toByteArray());
    assertThat(response.statusCode()).isBetween(200, 201);
  }

  @BeforeEach
  void serve() throws Exception {
    put("classes", "model.keras", "labels.joblib");
    put("no-classes", "model.keras");
  }

  private HttpResponse<byte[]> infer(String model, String output, String more) throws Exception {
    String body =
        """
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [3,1,6], "data": %s}],
         "outputs": [%s] %s}"""
            .formatted(Arrays.toString(INPUT), output, more);
    return send(
        "POST",
        "/v2/models/" + model + "/infer",
        "application/json",
        body.getBytes(StandardCharsets.UTF_8));
  }

  private JsonNode output(String model, String output) throws Exception {
    HttpResponse<byte[]> response = infer(model, output, "");
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    return JSON.readTree(response.body()).at("/outputs/0");
  }

  private static String wanted(int classes) {
    return "{\"name\": \"output\", \"parameters\": {\"classification\": %d}}".formatted(classes);
  }

  /** What the model's numbers say. */
  private List<String> expected(int classes, boolean labelled) throws Exception {
    JsonNode numbers = output("classes", "{\"name\": \"output\"}").path("data");
    List<String> expected = new ArrayList<>();
    for (int row = 0; row < 3; row++) {
      int first = row * LABELS.size();
      IntStream.range(0, LABELS.size())
          .boxed()
          .sorted(
              (a, b) ->
                  Float.compare(
                      numbers.get(first + b).floatValue(), numbers.get(first + a).floatValue()))
          .limit(classes)
          .map(
              i ->
                  numbers.get(first + i).floatValue()
                      + ":"
                      + i
                      + (labelled ? ":" + LABELS.get(i) : ""))
          .forEach(expected::add);
    }
    return expected;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, Integer.MAX_VALUE})
  void tellsTheLargestInJson(int classes) throws Exception {
    JsonNode output = output("classes", wanted(classes));
    assertThat(output.path("datatype").stringValue()).isEqualTo("BYTES");
    assertThat(output.path("shape"))
        .isEqualTo(JSON.readTree("[3, %d]".formatted(Math.min(classes, 3))));
    assertThat(output.path("data").valueStream().map(JsonNode::stringValue))
        .isEqualTo(expected(classes, true));
  }

  @Test
  void withoutLabelsThereAreNone() throws Exception {
    assertThat(
            output("no-classes", wanted(2)).path("data").valueStream().map(JsonNode::stringValue))
        .isEqualTo(expected(2, false));
  }

  private static List<String> texts(ByteBuffer raw) {
    ByteBuffer bytes = raw.order(ByteOrder.LITTLE_ENDIAN);
    List<String> texts = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] text = new byte[bytes.getInt()];
      bytes.get(text);
      texts.add(new String(text, StandardCharsets.UTF_8));
    }
    return texts;
  }

  @Test
  void tellsThemAsBytesBehindTheJson() throws Exception {
    String output =
        "{\"name\": \"output\", \"parameters\": {\"classification\": 2, \"binary_data\": true}}";
    HttpResponse<byte[]> response = infer("classes", output, "");
    int json =
        Integer.parseInt(
            response.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
    JsonNode head = JSON.readTree(response.body(), 0, json).at("/outputs/0");
    int size = head.at("/parameters/binary_data_size").intValue();
    assertThat(response.body()).hasSize(json + size);
    assertThat(texts(ByteBuffer.wrap(response.body(), json, size))).isEqualTo(expected(2, true));
    String beside = "{\"name\": \"h\"}, " + wanted(1);
    HttpResponse<byte[]> both =
        infer("classes", beside, ", \"parameters\": {\"binary_data_output\": true}");
    assertThat(both.statusCode()).isEqualTo(200);
    json =
        Integer.parseInt(
            both.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
    JsonNode outputs = JSON.readTree(both.body(), 0, json).path("outputs");
    int before = outputs.get(0).at("/parameters/binary_data_size").intValue();
    assertThat(
            texts(ByteBuffer.wrap(both.body(), json + before, both.body().length - json - before)))
        .isEqualTo(expected(1, true));
  }

  private static ModelInferRequest.Builder request(String output, InferParameter classes) {
    return ModelInferRequest.newBuilder()
        .setModelName("classes")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("x")
                .setDatatype("FP32")
                .addAllShape(List.of(3L, 1L, 6L)))
        .addRawInputContents(raw(INPUT))
        .addOutputs(
            InferRequestedOutputTensor.newBuilder()
                .setName(output)
                .putParameters("classification", classes));
  }

  private static InferParameter whole(long number) {
    return InferParameter.newBuilder().setInt64Param(number).build();
  }

  @Test
  void tellsThemOverGrpc() throws Exception {
    ModelInferResponse raw = stub().modelInfer(request("output", whole(2)).build());
    assertThat(raw.getOutputs(0).getDatatype()).isEqualTo("BYTES");
    assertThat(raw.getOutputs(0).getShapeList()).containsExactly(3L, 2L);
    assertThat(texts(raw.getRawOutputContents(0).asReadOnlyByteBuffer()))
        .isEqualTo(expected(2, true));
    ModelInferResponse fields =
        stub()
            .modelInfer(
                request("output", whole(7))
                    .putParameters(
                        "binary_data_output",
                        InferParameter.newBuilder().setBoolParam(false).build())
                    .build());
    assertThat(fields.getRawOutputContentsCount()).isZero();
    assertThat(
            fields.getOutputs(0).getContents().getBytesContentsList().stream()
                .map(ByteString::toStringUtf8))
        .isEqualTo(expected(7, true));
  }

  @Test
  void isAdvertised() throws Exception {
    assertThat(
            stub().serverMetadata(ServerMetadataRequest.getDefaultInstance()).getExtensionsList())
        .contains("classification");
    HttpResponse<byte[]> server =
        client.send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort + "/v2")).build(),
            BodyHandlers.ofByteArray());
    assertThat(JSON.readTree(server.body()).path("extensions").toString())
        .contains("\"classification\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "2147483648", "\"2\"", "1.5", "true", "[1]"})
  void isAWholeNumberFromOne(String classes) throws Exception {
    HttpResponse<byte[]> response =
        infer(
            "classes",
            "{\"name\": \"output\", \"parameters\": {\"classification\": " + classes + "}}",
            "");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(JSON.readTree(response.body()).path("error").stringValue())
        .contains("classification");
  }

  @ParameterizedTest
  @CsvSource({"h, 1", "output, 0", "output, -5"})
  void whatCannotBeToldIsRefusedOverGrpc(String output, long classes) {
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> stub().modelInfer(request(output, whole(classes)).build()));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused.getStatus().getDescription()).contains("classification");
  }

  @Test
  void isOfOneStep() throws Exception {
    String body =
        """
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1,3,6], "data": %s}],
         "parameters": {"return_sequences": %s}, "outputs": [%s]}""";
    for (boolean sequences : new boolean[] {true, false}) {
      HttpResponse<byte[]> response =
          send(
              "POST",
              "/v2/models/notebook-sequence/infer",
              "application/json",
              body.formatted(Arrays.toString(INPUT), sequences, wanted(2))
                  .getBytes(StandardCharsets.UTF_8));
      String text = new String(response.body(), StandardCharsets.UTF_8);
      assertThat(response.statusCode()).as(text).isEqualTo(sequences ? 400 : 200);
      assertThat(text).contains(sequences ? "by return_sequences false" : "\"shape\":[1,2]");
    }
  }
}
