package dev.keepgate.api.rest;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A running server, and a plain HTTP client to ask it. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "keepgate.http.max-body=200KB",
      "keepgate.http.max-model=2MB",
      "keepgate.inference.max-working-memory=1MB",
      "keepgate.repository.built-in=always"
    })
abstract class ServerTest {

  static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir static Path repository;

  private final HttpClient client = HttpClient.newHttpClient();

  @LocalServerPort private int port;

  @DynamicPropertySource
  static void repository(DynamicPropertyRegistry properties) {
    properties.add("keepgate.repository.path", () -> repository.toString());
  }

  @BeforeEach
  void awaitReadiness() {
    Awaitility.await()
        .until(() -> send(request("GET", "/actuator/health/readiness", null)).statusCode() == 200);
  }

  URI uri(String path) {
    return URI.create("http://localhost:" + port + path);
  }

  HttpRequest.Builder request(String method, String path, byte @Nullable [] body) {
    return HttpRequest.newBuilder(uri(path))
        .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
  }

  HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> postJson(String path, String json) throws IOException, InterruptedException {
    BodyPublisher body = BodyPublishers.ofString(json);
    return send(
        HttpRequest.newBuilder(uri(path)).header("Content-Type", "application/json").POST(body));
  }

  static JsonNode json(HttpResponse<byte[]> response) {
    return JSON.readTree(response.body());
  }
}
