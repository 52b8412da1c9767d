package dev.keepgate.api.oip.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.OwnRepository;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.data.Offset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Requests as Triton's and KServe's clients build them, against the running server. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"keepgate.http.max-body=200KB", "keepgate.repository.built-in=always"})
class OipHttpTest implements OwnRepository {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final float[] X = {1, 2, 3, 4, 3, 2, 3, 2, 2, 2, 2, 2};
  private static final String X_JSON =
      "{\"name\":\"x\",\"shape\":[2,1,6],\"datatype\":\"FP32\",\"data\":%s}"
          .formatted(Arrays.toString(X));

  private final HttpClient client = HttpClient.newHttpClient();
  @LocalServerPort private int port;

  @BeforeEach
  void awaitReadiness() {
    Awaitility.await().until(() -> get("/v2/health/ready").statusCode() == 200);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return send(request(path));
  }

  private HttpResponse<byte[]> infer(String model, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request("/v2/models/" + model + "/infer").POST(BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  private HttpResponse<byte[]> infer(String model, String json) throws Exception {
    return infer(model, json.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode json(HttpResponse<byte[]> response) {
    return JSON.readTree(response.body());
  }

  private float[] stepOfV1() throws Exception {
    HttpResponse<byte[]> response =
        send(
            request("/v1/models/notebook-cell/step")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]}")));
    return floats(json(response).get("output"));
  }

  /** All numbers of nested arrays. */
  private static float[] floats(JsonNode node) {
    double[] values =
        node.isArray()
            ? node.valueStream()
                .flatMapToDouble(
                    each ->
                        each.isArray()
                            ? each.valueStream().mapToDouble(JsonNode::asDouble)
                            : DoubleStream.of(each.asDouble()))
                .toArray()
            : new double[0];
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/health/live", "/models/notebook-cell", "/models/stats"})
  void answersInJsonOrNotAtAll(String path) throws Exception {
    for (String accept : List.of("application/yaml", "application/xml")) {
      HttpResponse<byte[]> response = send(request("/v2" + path).header("Accept", accept));
      assertThat(response.statusCode()).isEqualTo(406);
      assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
      assertThat(json(response).get("error").asString()).isNotBlank();
    }
    HttpResponse<byte[]> response =
        send(request("/v2" + path).header("Accept", "application/yaml, */*;q=0.5"));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
  }

  @Test
  void saysWhatItIsAndWhatItHas() throws Exception {
    assertThat(json(get("/v2/health/live")).get("live").asBoolean()).isTrue();
    JsonNode server = json(get("/v2"));
    assertThat(server.get("name").asString()).isEqualTo("keepgate");
    assertThat(server.get("extensions").toString()).contains("binary_tensor_data");
    JsonNode model = json(get("/v2/models/notebook-stacked"));
    assertThat(model.at("/inputs/0/name").asString()).isEqualTo("x");
    assertThat(model.at("/inputs/0/shape").toString()).isEqualTo("[-1,-1,6]");
    assertThat(model.at("/outputs/1/name").asString()).isEqualTo("h");
    assertThat(model.at("/outputs/1/shape/0").asInt()).isEqualTo(2);
    assertThat(model.get("versions").toString()).isEqualTo("[\"1\"]");
    assertThat(get("/v2/models/notebook-cell/ready").statusCode()).isEqualTo(200);
    assertThat(get("/v2/models/notebook-cell/versions/1/ready").statusCode()).isEqualTo(200);
    assertThat(json(get("/v2/models/notebook-cell/config")).get("max_batch_size").asInt()).isZero();
    JsonNode index = json(send(request("/v2/repository/index").POST(BodyPublishers.noBody())));
    assertThat(index.toString()).contains("notebook-cell", "READY");
  }

  @Test
  void countsWhatItIsAsked() throws Exception {
    JsonNode before = json(get("/v2/models/notebook-cell/stats")).at("/model_stats/0");
    infer("notebook-cell", "{\"inputs\": [" + X_JSON + "]}");
    JsonNode now = json(get("/v2/models/notebook-cell/versions/1/stats")).at("/model_stats/0");
    for (String count :
        List.of(
            "/inference_stats/success/count",
            "/inference_stats/compute_input/count",
            "/inference_stats/compute_infer/count",
            "/inference_stats/compute_output/count",
            "/inference_stats/queue/count")) {
      assertThat(now.at(count).asLong()).as(count).isEqualTo(before.at(count).asLong() + 1);
    }
    assertThat(now.get("inference_count").asLong())
        .isEqualTo(before.get("inference_count").asLong() + 2);
    assertThat(now.get("execution_count").asLong())
        .isGreaterThan(before.get("execution_count").asLong());
    assertThat(now.get("last_inference").asLong()).isPositive();
    assertThat(json(get("/v2/models/stats")).get("model_stats").size()).isEqualTo(3);
    assertThat(get("/v2/models/none/stats").statusCode()).isEqualTo(404);
  }

  @Test
  void configuresSequences() throws Exception {
    JsonNode config = json(get("/v2/models/notebook-cell/config"));
    assertThat(config.at("/sequence_batching/max_sequence_idle_microseconds").asLong())
        .isEqualTo(900_000_000);
    assertThat(config.at("/input/0/data_type").asString()).isEqualTo("TYPE_FP32");
    assertThat(config.at("/input/0").has("optional")).isFalse();
    assertThat(config.at("/input/1/optional").asBoolean()).isTrue();
  }

  private HttpResponse<byte[]> repository(String path, String body) throws Exception {
    // Without a type, as Triton's client posts.
    return send(request("/v2/repository/" + path).POST(BodyPublishers.ofString(body)));
  }

  @Test
  void unloadsAndLoads() throws Exception {
    String model = "models/notebook-stacked/";
    assertThat(repository(model + "unload", "{\"parameters\": {}}").statusCode()).isEqualTo(200);
    assertThat(get("/v2/models/notebook-stacked/ready").statusCode()).isEqualTo(404);
    assertThat(repository("index", "null").statusCode()).isEqualTo(200);
    assertThat(repository("index", "").body()).asString().contains("\"reason\":\"unloaded\"");
    assertThat(repository("index", "{\"ready\": true}").body())
        .asString()
        .doesNotContain("notebook-stacked");
    HttpResponse<byte[]> refused =
        repository(model + "load", "{\"parameters\": {\"file:1/a\": \"YQ==\"}}");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(json(refused).get("error").asString()).contains("file:1/a");
    assertThat(repository(model + "load", "[]").statusCode()).isEqualTo(400);
    assertThat(json(repository(model + "load", "{}")).get("load").asBoolean()).isTrue();
    assertThat(get("/v2/models/notebook-stacked/ready").statusCode()).isEqualTo(200);
    assertThat(repository("models/none/load", "").statusCode()).isEqualTo(404);
    assertThat(repository("models/none/unload", "").statusCode()).isEqualTo(404);
  }

  @Test
  void infersFromJson() throws Exception {
    JsonNode answer =
        json(
            infer(
                "notebook-cell",
                "{\"id\": \"a \\\"b\\\"\", \"inputs\": ["
                    + X_JSON
                    + "], \"outputs\": [{\"name\": \"output\"}]}"));
    assertThat(answer.get("model_name").asString()).isEqualTo("notebook-cell");
    assertThat(answer.get("model_version").asString()).isEqualTo("1");
    assertThat(answer.get("id").asString()).isEqualTo("a \"b\"");
    assertThat(answer.get("outputs").size()).isEqualTo(1);
    assertThat(answer.at("/outputs/0/shape").toString()).isEqualTo("[2,1,4]");
    assertThat(floats(answer.at("/outputs/0/data"))).isEqualTo(stepOfV1());
  }

  @Test
  void nestedDataBeforeItsTypeIsTheSame() throws Exception {
    JsonNode answer =
        json(
            infer(
                "notebook-cell",
                "{\"inputs\": [{\"data\": [[[1,2,3,4,3,2]],[[3,2,2,2,2,2]]], \"name\": \"x\","
                    + " \"shape\": [2,1,6], \"datatype\": \"FP32\"}]}"));
    assertThat(answer.get("outputs").size()).isEqualTo(3);
    assertThat(floats(answer.at("/outputs/0/data"))).isEqualTo(stepOfV1());
  }

  /** As Triton's Python client does: binary in, and everything binary out if nothing is named. */
  private static byte[] binaryRequest(String json) {
    byte[] head = json.getBytes(StandardCharsets.UTF_8);
    ByteBuffer body =
        ByteBuffer.allocate(head.length + 4 * X.length).order(ByteOrder.LITTLE_ENDIAN);
    body.put(head);
    body.asFloatBuffer().put(X);
    return body.array();
  }

  private static final String BINARY_HEAD =
      "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,1,6],\"datatype\":\"FP32\",\"parameters\":"
          + "{\"binary_data_size\":48}}],\"parameters\":{\"binary_data_output\":true}}";

  private void checkBinary(byte[] body, int jsonLength) throws Exception {
    JsonNode head = JSON.readTree(new String(body, 0, jsonLength, StandardCharsets.UTF_8));
    assertThat(head.at("/outputs/0/parameters/binary_data_size").asInt()).isEqualTo(32);
    float[] output = new float[8];
    ByteBuffer.wrap(body, jsonLength, 32)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(output);
    assertThat(output).isEqualTo(stepOfV1());
    int size =
        head.get("outputs")
            .valueStream()
            .mapToInt(each -> each.at("/parameters/binary_data_size").asInt())
            .sum();
    assertThat(body).hasSize(jsonLength + size);
  }

  @Test
  void infersFromBytes() throws Exception {
    HttpResponse<byte[]> response =
        infer(
            "notebook-cell",
            binaryRequest(BINARY_HEAD),
            InferHandler.JSON_LENGTH,
            Integer.toString(BINARY_HEAD.length()));
    assertThat(response.statusCode()).isEqualTo(200);
    int length =
        Integer.parseInt(response.headers().firstValue(InferHandler.JSON_LENGTH).orElseThrow());
    checkBinary(response.body(), length);
  }

  @ParameterizedTest
  @CsvSource({"gzip", "deflate"})
  void takesAndGivesPackedBodies(String coding) throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (var out =
        coding.equals("gzip") ? new GZIPOutputStream(packed) : new DeflaterOutputStream(packed)) {
      out.write(binaryRequest(BINARY_HEAD));
    }
    HttpResponse<byte[]> response =
        infer(
            "notebook-cell",
            packed.toByteArray(),
            InferHandler.JSON_LENGTH,
            Integer.toString(BINARY_HEAD.length()),
            "Content-Encoding",
            coding,
            "Accept-Encoding",
            "gzip");
    assertThat(response.statusCode()).isEqualTo(200);
    int length =
        Integer.parseInt(response.headers().firstValue(InferHandler.JSON_LENGTH).orElseThrow());
    checkBinary(
        new GZIPInputStream(new ByteArrayInputStream(response.body())).readAllBytes(), length);
  }

  @Test
  void aBombIsRefused() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(new byte[10_000_000]);
    }
    HttpResponse<byte[]> response =
        infer("notebook-cell", packed.toByteArray(), "Content-Encoding", "gzip");
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(json(response).get("error").isString()).isTrue();
  }

  @Test
  void goesOnFromAState() throws Exception {
    String inputs =
        "{\"inputs\": [%s, {\"name\": \"h0\", \"shape\": [1,2,4], \"datatype\": \"FP32\", \"data\":"
            + " %s}, {\"name\": \"c0\", \"shape\": [1,2,4], \"datatype\": \"FP64\", \"data\": %s}]}";
    JsonNode first = json(infer("notebook-cell", "{\"inputs\": [" + X_JSON + "]}"));
    JsonNode second =
        json(
            infer(
                "notebook-cell",
                inputs.formatted(
                    X_JSON, first.at("/outputs/1/data"), first.at("/outputs/2/data"))));
    HttpResponse<byte[]> unrolled =
        infer(
            "notebook-cell",
            "{\"inputs\": [{\"name\": \"x\", \"shape\": [2,2,6], \"datatype\": \"FP32\", \"data\":"
                + " [1,2,3,4,3,2,1,2,3,4,3,2,3,2,2,2,2,2,3,2,2,2,2,2]}],"
                + " \"parameters\": {\"return_sequences\": false}}");
    float[] stepped = floats(second.at("/outputs/0/data"));
    float[] whole = floats(json(unrolled).at("/outputs/0/data"));
    assertThat(whole).hasSameSizeAs(stepped);
    for (int i = 0; i < whole.length; i++) {
      assertThat(whole[i]).isCloseTo(stepped[i], Offset.offset(1e-6f));
    }
  }

  private JsonNode sequenceStep(String parameters) throws Exception {
    HttpResponse<byte[]> response =
        infer(
            "notebook-cell",
            "{\"parameters\": {%s}, \"inputs\": [%s]}".formatted(parameters, X_JSON));
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    return json(response);
  }

  @ParameterizedTest
  @CsvSource({"7", "\"seven\"", "18446744073709551615"})
  void keepsTheStateOfASequence(String id) throws Exception {
    String sequence = "\"sequence_id\": " + id;
    JsonNode first = sequenceStep(sequence + ", \"sequence_start\": true");
    assertThat(floats(first.at("/outputs/0/data"))).isEqualTo(stepOfV1());
    assertThat(first.at("/parameters/sequence_step").asInt()).isEqualTo(1);
    JsonNode second = sequenceStep(sequence + ", \"sequence_step\": 2");
    JsonNode again = sequenceStep(sequence + ", \"sequence_step\": 2");
    assertThat(again).isEqualTo(second);
    assertThat(second.get("outputs")).isNotEqualTo(first.get("outputs"));
    JsonNode fresh = sequenceStep(sequence + ", \"sequence_start\": true");
    assertThat(fresh.get("outputs")).isEqualTo(first.get("outputs"));
    JsonNode last = sequenceStep(sequence + ", \"sequence_end\": true");
    assertThat(last.get("outputs")).isEqualTo(second.get("outputs"));
    HttpResponse<byte[]> gone =
        infer(
            "notebook-cell",
            "{\"parameters\": {%s}, \"inputs\": [%s]}".formatted(sequence, X_JSON));
    assertThat(gone.statusCode()).isIn(404, 410);
    assertThat(json(gone).propertyNames()).containsExactly("error");
  }

  @Test
  void lastStepThatHasANumberIsTakenAndNoneAfterIt() throws Exception {
    String open = "/v1/models/notebook-cell/sequences?id=oip-late&batch=2&step=9007199254740990";
    assertThat(send(request(open).POST(BodyPublishers.noBody())).statusCode()).isEqualTo(201);
    String sequence = "\"sequence_id\": \"oip-late\"";
    JsonNode last = sequenceStep(sequence + ", \"sequence_step\": 9007199254740991");
    assertThat(last.at("/parameters/sequence_step").asLong()).isEqualTo(9007199254740991L);
    String body = "{\"parameters\": {%s}, \"inputs\": [%s]}";
    HttpResponse<byte[]> none = infer("notebook-cell", body.formatted(sequence, X_JSON));
    assertThat(none.statusCode()).isEqualTo(409);
    for (String beyond : new String[] {"-1", "9007199254740992", "18446744073709551616"}) {
      String parameters = sequence + ", \"sequence_step\": " + beyond;
      HttpResponse<byte[]> refused = infer("notebook-cell", body.formatted(parameters, X_JSON));
      assertThat(refused.statusCode()).as(beyond).isEqualTo(400);
      assertThat(json(refused).get("error").asString()).contains("/parameters/sequence_step");
    }
    assertThat(send(request("/v1/sequences/oip-late").DELETE()).statusCode()).isEqualTo(204);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "notebook-cell | not json | 400",
        "notebook-cell | {} | 400",
        "notebook-cell | {\"inputs\": [{\"name\": \"x\"}]} | 400",
        "notebook-cell | {\"inputs\": [{\"name\": \"y\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [1]}]} | 400",
        "notebook-cell | {\"inputs\": [{\"name\": \"x\", \"shape\": [1,1,6], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | 400",
        "notebook-cell | {\"inputs\": [{\"name\": \"x\", \"shape\": [1,1,6], \"datatype\": \"FP32\", \"data\": [1]}]} | 400",
        "notebook-cell | {\"inputs\": [{\"name\": \"x\", \"shape\": [1,1,6], \"datatype\": \"FP32\", \"parameters\": {\"binary_data_size\": 24}}]} | 400",
        "notebook-cell | {\"inputs\": [{\"name\": \"x\", \"shape\": [1,1,1000000000], \"datatype\": \"FP32\", \"data\": [1]}]} | 400",
        "notebook-cell | {\"inputs\": [{\"name\": \"x\", \"shape\": [2147483647,2147483647,2147483647], \"datatype\": \"FP32\", \"data\": [1]}]} | 400",
        "notebook-cell | {\"parameters\": {\"sequence_id\": 18446744073709551616}, \"inputs\": []} | 400",
        "notebook-cell | {\"outputs\": [{\"name\": \"y\"}], \"inputs\": [{\"name\": \"x\", \"shape\": [1,1,6], \"datatype\": \"FP32\", \"data\": [1,1,1,1,1,1]}]} | 400",
        "notebook-cell | {\"inputs\": 7} | 400",
        "no-such-model | {\"inputs\": []} | 404",
        "a.b | {\"inputs\": []} | 400"
      })
  void everyErrorIsInTheProtocolsShape(String model, String body, int status) throws Exception {
    HttpResponse<byte[]> response = infer(model, body);
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(json(response).propertyNames()).containsExactly("error");
  }

  @Test
  void soAreThoseThatNoControllerRaises() throws Exception {
    for (HttpResponse<byte[]> response :
        List.of(
            get("/v2/nowhere"),
            send(request("/v2/models/notebook-cell/infer").DELETE()),
            get("/v2/models/none"),
            get("/v2/models/notebook-cell/versions/9/ready"))) {
      assertThat(response.statusCode()).isBetween(400, 499);
      assertThat(json(response).propertyNames()).containsExactly("error");
    }
  }

  @Test
  void nullCountsAsLeftOut() throws Exception {
    String nulls = X_JSON.substring(0, X_JSON.length() - 1) + ", \"parameters\": null}";
    HttpResponse<byte[]> response =
        infer(
            "notebook-cell",
            "{\"id\": null, \"parameters\": null, \"outputs\": null, \"inputs\": [%s]}"
                .formatted(nulls));
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    assertThat(json(response).has("id")).isFalse();
  }
}
