package dev.keepgate.api.oip.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.OwnRepository;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
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

/** Parameters of requests, inputs, outputs and addresses: those that are known, and all others. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"keepgate.http.max-body=200KB", "keepgate.repository.built-in=always"})
class OipParametersTest implements OwnRepository {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String X_JSON =
      "{\"name\":\"x\",\"shape\":[2,1,6],\"datatype\":\"FP32\",\"data\":[1,2,3,4,3,2,3,2,2,2,2,2]}";

  private final HttpClient client = HttpClient.newHttpClient();
  @LocalServerPort private int port;

  @BeforeEach
  void awaitReadiness() {
    Awaitility.await().until(() -> send(request("/v2/health/ready")).statusCode() == 200);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> infer(String model, String json) throws Exception {
    return send(request("/v2/models/" + model + "/infer").POST(BodyPublishers.ofString(json)));
  }

  private static JsonNode json(HttpResponse<byte[]> response) {
    return JSON.readTree(response.body());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"parameters\": {\"retrun_sequences\": true} | `` | `` | /parameters/retrun_sequences: is unknown",
        "\"parameters\": {\"timeout\": 1.5} | `` | `` | /parameters/timeout: expected a whole number",
        "\"parameters\": {\"priority\": \"high\"} | `` | `` | /parameters/priority: expected a whole",
        "\"parameters\": {\"sequence_id\": true} | `` | `` | /parameters/sequence_id: expected",
        "\"id\": \"1\" | \"binary_size\": 48 | `` | /inputs/x/parameters/binary_size: is unknown",
        "\"id\": \"1\" | \"shared_memory_region\": \"a\" | `` | shared_memory_region: is unknown",
        "\"id\": \"1\" | `` | \"classes\": 3 | /parameters/classes: is unknown",
        "\"id\": \"1\" | `` | \"binary_data\": 1 | /parameters/binary_data: expected true or false",
      })
  void parameterThatNobodyKnowsOrOfAnotherTypeIsRefused(
      String own, String ofInput, String ofOutput, String error) throws Exception {
    String input = X_JSON.substring(0, X_JSON.length() - 1) + ", \"parameters\": {%s}}";
    String outputs = "[{\"name\": \"output\", \"parameters\": {%s}}]";
    HttpResponse<byte[]> response =
        infer(
            "notebook-cell",
            "{%s, \"outputs\": %s, \"inputs\": [%s]}"
                .formatted(own, outputs.formatted(ofOutput), input.formatted(ofInput)));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).get("error").asString()).contains(error);
  }

  @Test
  void parametersThatClientsSendByThemselvesAreTaken() throws Exception {
    String parameters =
        "{\"priority\": 1, \"headers\": {\"a\": \"b\"}, \"content_type\": \"np\","
            + " \"triton_enable_empty_final_response\": true, \"timeout\": 10000000}";
    HttpResponse<byte[]> response =
        infer(
            "notebook-cell",
            "{\"parameters\": %s, \"inputs\": [%s]}".formatted(parameters, X_JSON));
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/openapi",
        "/v2/models/stats",
        "/v2/models/notebook-cell",
        "/v2/models/notebook-cell/ready",
        "/v2/models/notebook-cell/config",
        "/v2/models/notebook-cell/stats",
        "/v2/models/notebook-cell/versions/1",
        "/v2/models/notebook-cell/infer",
        "/v2/repository/index",
        "/v2/repository/models/notebook-cell/load",
        "/v2/repository/models/notebook-cell/unload"
      })
  void queryParametersAreRefused(String path) throws Exception {
    boolean isPost = path.endsWith("infer") || path.contains("repository");
    HttpRequest.Builder request = request(path + "?trace=true");
    HttpResponse<byte[]> response =
        send(isPost ? request.POST(BodyPublishers.ofString("{}")) : request);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).get("error").asString())
        .isEqualTo("?trace: is unknown; there are no query parameters here");
  }

  @ParameterizedTest
  @CsvSource({"index, redy, ready", "models/notebook-cell/load, config, parameters"})
  void fieldOfTheRepositorysThatNobodyKnowsIsRefused(String path, String field, String known)
      throws Exception {
    HttpResponse<byte[]> response =
        send(
            request("/v2/repository/" + path)
                .POST(BodyPublishers.ofString("{\"%s\": true}".formatted(field))));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).get("error").asString())
        .isEqualTo("/%s: is unknown; known is %s".formatted(field, known));
  }
}
