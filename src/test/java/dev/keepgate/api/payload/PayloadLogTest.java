package dev.keepgate.api.payload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.OwnRepository;
import dev.keepgate.memory.InFlightMemory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server that logs every request with its answer, to which they are sent again. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "keepgate.repository.built-in=always",
      "keepgate.payload-log.sample=1",
      "keepgate.payload-log.max-body=64KB",
      "keepgate.payload-log.max-file-size=40KB",
      "keepgate.payload-log.max-files=2"
    })
class PayloadLogTest implements OwnRepository {

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String STEP = "/v1/models/notebook-cell/step";
  private static final String X = "{\"x\": [1, 2, 3, 4, 3, 2]}";
  private static final Path FILE = folder().resolve("payload/requests.ndjson");

  @LocalServerPort private int port;
  @Autowired private InFlightMemory memory;

  private static Path folder() {
    try {
      return Files.createTempDirectory(Files.createDirectories(Path.of("target")), "payload-");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @DynamicPropertySource
  static void file(DynamicPropertyRegistry properties) {
    properties.add("keepgate.payload-log.file", FILE::toString);
  }

  private HttpResponse<byte[]> post(String path, byte[] body, String... headers) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create("http://localhost:%d%s".formatted(port, path)))
            .headers(headers)
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> json(String id, String path, String body) throws Exception {
    return post(
        path,
        body.getBytes(StandardCharsets.UTF_8),
        "Content-Type",
        "application/json",
        "X-Request-Id",
        id,
        "Authorization",
        "Bearer kg_secret");
  }

  private static List<JsonNode> lines() throws IOException {
    try (Stream<String> lines = Files.lines(FILE)) {
      return lines.map(line -> JsonMapper.shared().readTree(line)).toList();
    }
  }

  /** The line of a request, once it is written. */
  private static JsonNode line(String id) {
    return Awaitility.await()
        .ignoreExceptions()
        .until(
            () ->
                lines().stream()
                    .filter(line -> line.path("request_id").asString().equals(id))
                    .findFirst()
                    .orElseThrow(),
            line -> true);
  }

  private static byte[] bytes(JsonNode line, String name) {
    JsonNode packed = line.path(name + "_base64");
    return packed.isMissingNode()
        ? line.path(name).asString().getBytes(StandardCharsets.UTF_8)
        : Base64.getDecoder().decode(packed.asString());
  }

  private HttpResponse<byte[]> again(JsonNode line) throws Exception {
    String query = line.has("query") ? "?" + line.path("query").asString() : "";
    return post(
        line.path("path").asString() + query,
        bytes(line, "body"),
        "Content-Type",
        line.path("content_type").asString());
  }

  @Test
  void whatIsLoggedCanBeSentAgain() throws Exception {
    String id = UUID.randomUUID().toString();
    HttpResponse<byte[]> first = json(id, STEP + "?return_state=false", X);
    assertThat(first.statusCode()).isEqualTo(200);
    JsonNode line = line(id);
    assertThat(line.path("path").asString()).isEqualTo(STEP);
    assertThat(line.path("status").asInt()).isEqualTo(200);
    assertThat(line.path("body").asString()).isEqualTo(X);
    assertThat(bytes(line, "answer")).isEqualTo(first.body());
    assertThat(again(line).body()).isEqualTo(first.body());
    assertThat(line.toString()).doesNotContain("kg_secret");
  }

  @Test
  void bytesThatAreNoTextAreToo() throws Exception {
    ByteArrayOutputStream array = new ByteArrayOutputStream();
    array.write("\u0093NUMPY\u0001\u0000".getBytes(StandardCharsets.ISO_8859_1));
    String head = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 6), }";
    head = head + " ".repeat(117 - head.length()) + "\n";
    array.write(new byte[] {(byte) head.length(), 0});
    array.write(head.getBytes(StandardCharsets.ISO_8859_1));
    array.write(new byte[24]);
    String id = UUID.randomUUID().toString();
    HttpResponse<byte[]> first =
        post(STEP, array.toByteArray(), "Content-Type", "application/x-npy", "X-Request-Id", id);
    assertThat(first.statusCode())
        .as(new String(first.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    JsonNode line = line(id);
    assertThat(line.has("body_base64")).isTrue();
    assertThat(bytes(line, "body")).isEqualTo(array.toByteArray());
    assertThat(again(line).statusCode()).isEqualTo(200);
  }

  @Test
  void refusalsAreLoggedAndOthersThanThoseThatComputeAreNot() throws Exception {
    String id = UUID.randomUUID().toString();
    assertThat(json(id, STEP, "{\"x\": [1]}").statusCode()).isEqualTo(400);
    assertThat(line(id).path("status").asInt()).isEqualTo(400);
    assertThat(line(id).path("answer").asString()).contains("invalid-input");
    String other = UUID.randomUUID().toString();
    assertThat(json(other, "/v1/models:inspect", "{}").statusCode()).isGreaterThanOrEqualTo(400);
    String last = UUID.randomUUID().toString();
    assertThat(json(last, STEP, X).statusCode()).isEqualTo(200);
    line(last);
    assertThat(lines()).noneMatch(line -> line.path("request_id").asString().equals(other));
  }

  @Test
  void longBodiesAreLeftOutAndFilesRoll() throws Exception {
    String id = UUID.randomUUID().toString();
    String steps = "[1,2,3,4,3,2],".repeat(6000) + "[1,2,3,4,3,2]";
    String unroll = "/v1/models/notebook-cell/unroll";
    assertThat(json(id, unroll, "{\"x\": [[" + steps + "]]}").statusCode()).isEqualTo(200);
    String last = UUID.randomUUID().toString();
    for (int i = 0; i < 400; i++) {
      assertThat(json(last, STEP, X).statusCode()).isEqualTo(200);
    }
    Awaitility.await().until(() -> Files.exists(FILE.resolveSibling(FILE.getFileName() + ".1")));
    try (Stream<Path> files = Files.list(FILE.getParent())) {
      assertThat(files.count()).isLessThanOrEqualTo(3);
    }
    assertThat(lines()).noneMatch(line -> line.path("request_id").asString().equals(id));
    Awaitility.await("all memory back").until(() -> memory.requestUsed() == 0);
  }
}
