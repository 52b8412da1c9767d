package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** A server with a file of keys: what it answers, and what it does when the file changes. */
class KeysHttpTest extends KeyedServerTest {

  private static Path file = Path.of("keys.yml");

  @DynamicPropertySource
  static void keys(DynamicPropertyRegistry properties) throws IOException {
    file = TestKeys.use(properties);
  }

  @AfterEach
  void putKeysBack() throws Exception {
    replace(TestKeys.ofEveryRole());
    Awaitility.await().until(() -> status(TestKeys.text(Role.INFER)) == 200);
  }

  private static void replace(String content) throws IOException {
    Path fresh = Files.writeString(file.resolveSibling("fresh.yml"), content);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private int status(String key) throws Exception {
    return send("POST", STEP, key, STEP_BODY).statusCode();
  }

  @Test
  void saysWhoIsAskedFor() throws Exception {
    HttpResponse<String> answer = send("POST", STEP, null, STEP_BODY);
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("WWW-Authenticate"))
        .hasValue("Bearer realm=\"keepgate\"");
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(json(answer).path("type").asString())
        .isEqualTo("urn:keepgate:problem:unauthenticated");
    assertThat(json(answer).path("detail").asString()).contains("X-Api-Key");
    assertThat(json(answer).path("requestId").asString())
        .isEqualTo(answer.headers().firstValue("X-Request-Id").orElseThrow());
  }

  @Test
  void saysWhatRoleIsMissing() throws Exception {
    HttpResponse<String> answer =
        send("DELETE", "/v1/models/notebook-cell", TestKeys.text(Role.INFER), null);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.headers().firstValue("WWW-Authenticate").orElseThrow())
        .contains("insufficient_scope", "scope=\"manage\"");
    assertThat(json(answer).path("type").asString())
        .isEqualTo("urn:keepgate:problem:access-denied");
    assertThat(json(answer).path("detail").asString())
        .isEqualTo("'infer' may not do this: it has infer, and needs the role manage");
  }

  @Test
  void wordsRefusalsAsTheOpenInferenceProtocolDoes() throws Exception {
    HttpResponse<String> none = send("POST", "/v2/models/notebook-cell/infer", null, "{}");
    assertThat(none.statusCode()).isEqualTo(401);
    assertThat(json(none).path("error").asString()).contains("say who asks");
    HttpResponse<String> denied =
        send("POST", "/v2/repository/models/x/unload", TestKeys.text(Role.OBSERVE), "{}");
    assertThat(denied.statusCode()).isEqualTo(403);
    assertThat(json(denied).path("error").asString()).contains("needs the role manage");
  }

  @Test
  void takesAKeyInEitherHeader() throws Exception {
    assertThat(status(TestKeys.text(Role.INFER))).isEqualTo(200);
    HttpResponse<String> byApiKey =
        send(
            request(STEP)
                .header("X-Api-Key", TestKeys.text(Role.INFER))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(STEP_BODY)));
    assertThat(byApiKey.statusCode()).isEqualTo(200);
    HttpResponse<String> basic =
        send(request("/v1/models").header("Authorization", "Basic YTpi").GET());
    assertThat(basic.statusCode()).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "'', KEY, 200",
    "' ', KEY, 200",
    "KEY, '', 200",
    "KEY, 'Bearer ', 200",
    "'', '', 401",
    "'', 'Bearer ', 401",
    "kg_wrong, KEY, 401"
  })
  void blankHeaderCountsAsNone(String apiKey, String authorization, int status) throws Exception {
    String key = TestKeys.text(Role.INFER);
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Api-Key: %s\r\nAuthorization: %s\r\n\r\n"
                  .formatted(
                      apiKey.replace("KEY", key), authorization.replace("KEY", "Bearer " + key))
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 1000000000", "Transfer-Encoding: chunked"})
  void refusesAnUploadWithoutReadingIt(String length) throws Exception {
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("PUT /v1/models/large/versions/1 HTTP/1.1\r\nHost: localhost\r\n"
                      + length
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      // Not one byte of the body: the answer comes, and the connection ends.
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(answer).startsWith("HTTP/1.1 401 ").containsIgnoringCase("Connection: close");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "//v1/models",
        "/v1/./models",
        "/page/../v1/models",
        "/v1/models%2f..",
        "/page/%2e%2e/v1/models",
        "/docs/;/../v1/models",
        "/v1/models;a=b",
        "/page//v1/models",
        "/docs%5c..%5cv1/models"
      })
  void isNotPassedByOddPaths(String path) throws Exception {
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 4").doesNotContain("notebook-cell");
    }
  }

  @Test
  void takesTheFilesChangesWithoutARestart() throws Exception {
    ApiKey late = ApiKey.mint();
    assertThat(status(late.text())).isEqualTo(401);
    replace(TestKeys.ofEveryRole() + KeysFile.entry("late", late, List.of(Role.INFER)));
    Awaitility.await().until(() -> status(late.text()) == 200);
    replace("keys:\n" + KeysFile.entry("late", late, List.of(Role.INFER)));
    Awaitility.await().until(() -> status(TestKeys.text(Role.INFER)) == 401);
    assertThat(status(late.text())).isEqualTo(200);
    replace("keys:\n" + KeysFile.entry("late", late, List.of(Role.OBSERVE)));
    Awaitility.await().until(() -> status(late.text()) == 403);
  }

  @Test
  void keepsItsKeysWhereTheFileIsBroken() throws Exception {
    ApiKey late = ApiKey.mint();
    String broken = KeysFile.entry("infer", late, List.of(Role.INFER));
    replace(TestKeys.ofEveryRole() + broken);
    // The next change that can be used is the one that counts.
    replace(TestKeys.ofEveryRole() + broken.replace("infer\n", "late\n"));
    Awaitility.await().until(() -> status(late.text()) == 200);
    replace("keys: [");
    assertThat(status(late.text())).isEqualTo(200);
    // A list that has itself for a part.
    replace(
        "keys:\n  - &a\n    name: new\n    sha256: '%s'\n    roles: [*a]\n"
            .formatted("0".repeat(64)));
    assertThat(status(late.text())).isEqualTo(200);
    Files.delete(file);
    assertThat(status(late.text())).isEqualTo(200);
    // Whatever it was, what follows is read.
    replace(TestKeys.ofEveryRole());
    Awaitility.await().until(() -> status(late.text()) == 401);
  }

  @Test
  void whatIsEverybodysIsTheirsWithAWrongKeyToo() throws Exception {
    for (String path : List.of("/actuator/health", "/v2/health/live", "/page/page.css")) {
      assertThat(send("GET", path, "kg_wrong", null).statusCode()).as(path).isEqualTo(200);
    }
  }

  /** It has a key, which no page of another site has. */
  @Test
  void whoShowsAKeyIsNotAskedForAnOrigin() throws Exception {
    HttpResponse<String> step =
        send(
            request(STEP)
                .header("Authorization", "Bearer " + TestKeys.text(Role.INFER))
                .header("Content-Type", "application/json")
                .header("Origin", "https://page.example")
                .POST(BodyPublishers.ofString(STEP_BODY)));
    assertThat(step.statusCode()).isEqualTo(200);
  }

  @Test
  void modelMayBeCalledStats() throws Exception {
    assertThat(send("GET", "/v1/models/stats", TestKeys.text(Role.INFER), null).statusCode())
        .isEqualTo(404);
  }

  @Test
  void servesThePageToEverybody() throws Exception {
    for (String path : List.of("/", "/docs", "/v1/openapi", "/page/page.css")) {
      assertThat(send("GET", path, null, null).statusCode()).as(path).isNotIn(401, 403);
    }
    HttpResponse<String> health = send("GET", "/actuator/health", null, null);
    assertThat(json(health).path("status").asString()).isEqualTo("UP");
    assertThat(health.body()).doesNotContain("details");
  }

  @Test
  void streamsThroughTheFilters() throws Exception {
    HttpResponse<String> answer =
        send(
            request("/v1/models/notebook-sequence/unroll")
                .header("Authorization", "Bearer " + TestKeys.text(Role.INFER))
                .header("Content-Type", "application/json")
                .header("Accept", "application/x-ndjson")
                .POST(BodyPublishers.ofString("{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]}")));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body().lines()).hasSize(3);
  }
}
