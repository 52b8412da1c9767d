package dev.keepgate.security;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A running server that asks for keys, and a plain client. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = "keepgate.repository.built-in=always")
abstract class KeyedServerTest {

  static final String STEP = "/v1/models/notebook-cell/step";
  static final String STEP_BODY = "{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]}";

  private final HttpClient client = HttpClient.newHttpClient();

  @LocalServerPort int port;

  @BeforeEach
  void awaitReadiness() {
    Awaitility.await()
        .until(() -> send("GET", "/actuator/health/readiness", null, null).statusCode() == 200);
  }

  /**
   * @param key the Authorization header's bearer; null for none
   * @param body JSON; null for none
   */
  HttpResponse<String> send(String method, String path, @Nullable String key, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(path);
    if (key != null) {
      request.header("Authorization", "Bearer " + key);
    }
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    return send(
        request.method(
            method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body)));
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  static JsonNode json(HttpResponse<String> response) {
    return JsonMapper.shared().readTree(response.body());
  }
}
