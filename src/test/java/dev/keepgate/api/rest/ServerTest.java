package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.GoldenCase;
import dev.keepgate.OwnRepository;
import dev.keepgate.api.http.ProblemDetails;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A running server, and a plain HTTP client to ask it. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "keepgate.http.max-body=200KB",
      "keepgate.http.max-model=2MB",
      "keepgate.inference.max-working-memory=1MB",
      "keepgate.repository.built-in=always",
      "keepgate.http.changes.allowed-origins=https://allowed.example",
      "keepgate.http.changes.allowed-hosts=allowed.example"
    })
abstract class ServerTest implements OwnRepository {

  static final JsonMapper JSON = JsonMapper.builder().build();
  static final String CELL = "/v1/models/notebook-cell/step";
  static final String CELL_BODY = "{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]}";

  private static final String BOUNDARY = "keepgate-boundary";

  private final HttpClient client = HttpClient.newHttpClient();

  @Value("${keepgate.repository.path}")
  Path repository;

  @LocalServerPort int port;

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

  /** Puts a model's files with its configuration, as a form. */
  HttpResponse<byte[]> upload(String model, List<Path> files, String config)
      throws IOException, InterruptedException {
    List<FormPart> parts = new ArrayList<>();
    for (Path file : files) {
      parts.add(new FormPart("file", String.valueOf(file.getFileName()), Files.readAllBytes(file)));
    }
    parts.add(new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8)));
    return form("PUT", "/v1/models/" + model + "/versions/1", parts);
  }

  /** Makes sure that a framework's model is served under its case's name. */
  void serve(String name) throws IOException, InterruptedException {
    if (send(request("GET", "/v1/models/" + name, null)).statusCode() == 404) {
      GoldenCase golden = GoldenCase.read(name);
      HttpResponse<byte[]> put =
          upload(name, List.of(golden.file(".safetensors")), golden.config().toString());
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
  }

  record FormPart(String name, @Nullable String file, byte[] content) {}

  HttpResponse<byte[]> form(String method, String path, List<FormPart> parts)
      throws IOException, InterruptedException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (FormPart part : parts) {
      String file = part.file() == null ? "" : "; filename=\"" + part.file() + "\"";
      body.writeBytes(
          "--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n"
              .formatted(BOUNDARY, part.name(), file)
              .getBytes(StandardCharsets.UTF_8));
      body.writeBytes(part.content());
      body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }
    body.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
    return send(
        request(method, path, body.toByteArray())
            .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY));
  }

  /** What no client library would send: bytes, then the end of the stream. */
  RawResponse sendRaw(byte[] request) throws IOException {
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request);
      socket.shutdownOutput();
      return RawResponse.parse(socket.getInputStream().readAllBytes());
    }
  }

  record RawResponse(int status, String head, String body) {
    static RawResponse parse(byte[] bytes) {
      String text = new String(bytes, StandardCharsets.UTF_8);
      int end = text.indexOf("\r\n\r\n");
      assertThat(end).as("the end of the head of '%s'", text).isPositive();
      return new RawResponse(
          Integer.parseInt(text.substring(9, 12)), text.substring(0, end), text.substring(end + 4));
    }
  }

  static void assertProblem(HttpResponse<byte[]> response, int status, String slug) {
    assertProblem(response, status, slug, null);
  }

  /**
   * @param pointer of the first field at fault; null where no field is
   */
  static void assertProblem(
      HttpResponse<byte[]> response, int status, String slug, @Nullable String pointer) {
    assertThat(response.statusCode()).as(text(response)).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type"))
        .as(text(response))
        .hasValue(ProblemDetails.MEDIA_TYPE);
    assertProblem(text(response), status, slug, pointer);
  }

  static void assertProblem(RawResponse response, int status, String slug) {
    assertThat(response.status()).as("%s", response).isEqualTo(status);
    assertThat(response.head()).containsIgnoringCase("Content-Type: " + ProblemDetails.MEDIA_TYPE);
    String body = response.body();
    assertProblem(body.substring(body.indexOf('{'), body.lastIndexOf('}') + 1), status, slug, null);
  }

  private static void assertProblem(
      String body, int status, String slug, @Nullable String pointer) {
    JsonNode problem = JSON.readTree(body);
    assertThat(problem.path("type").asString()).as(body).isEqualTo("urn:keepgate:problem:" + slug);
    assertThat(problem.path("status").asInt()).isEqualTo(status);
    assertThat(problem.path("title").asString()).isNotBlank();
    assertThat(problem.path("detail").asString()).isNotBlank();
    JsonNode error = problem.path("errors").path(0);
    assertThat(error.path("pointer").asString(null)).as(body).isEqualTo(pointer);
    if (pointer != null) {
      assertThat(error.path("detail").asString()).isNotBlank();
    }
  }

  static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  static JsonNode json(HttpResponse<byte[]> response) {
    return JSON.readTree(response.body());
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }
}
