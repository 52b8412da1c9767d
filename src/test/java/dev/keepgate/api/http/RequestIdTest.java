package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.json.JsonMapper;

/** Every request has an id, whoever answers it. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"spring.application.name=ids", "keepgate.repository.built-in=always"})
class RequestIdTest {

  private static final String BODY = "{\"x\": [[1,2,3,4,3,2]]}";

  @LocalServerPort private int port;

  @DynamicPropertySource
  static void repository(DynamicPropertyRegistry properties) throws IOException {
    Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "models-");
    properties.add("keepgate.repository.path", folder::toString);
  }

  private RawAnswer ask(String method, String path, @Nullable String id, String body)
      throws IOException {
    Map<String, String> headers = id == null ? Map.of() : Map.of("X-Request-Id", id);
    return RawAnswer.ask(port, method, path, headers, body);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/models",
    "GET, /v1/nothing",
    "GET, /v1/models/a;b=c",
    "GET, /v1/models/a%2Fb",
    "GET, /v2/health/live",
    "POST, /v1/models/none/step",
    "PATCH, /v1/models",
    "GET, /actuator/health",
    "GET, /docs"
  })
  void everyAnswerHasTheRequestsOwn(String method, String path) throws Exception {
    RawAnswer answer = ask(method, path, "mine-1.A_b", "");
    assertThat(answer.header("X-Request-Id")).isEqualTo("mine-1.A_b");
    if (answer.header("Content-Type").startsWith("application/problem+json")) {
      assertThat(JsonMapper.shared().readTree(answer.body()).get("requestId").asString())
          .isEqualTo("mine-1.A_b");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "\u00e9", "<x>", "a/b", "a\"b", "a,b"})
  void anotherFormIsReplaced(String id) throws Exception {
    assertThat(ask("GET", "/v1/models", id, "").header("X-Request-Id"))
        .isNotEqualTo(id)
        .matches("[0-9a-f]{16}");
  }

  @Test
  void lengthIsBounded() throws Exception {
    assertThat(ask("GET", "/v1/models", "a".repeat(64), "").header("X-Request-Id"))
        .isEqualTo("a".repeat(64));
    assertThat(ask("GET", "/v1/models", "a".repeat(65), "").header("X-Request-Id"))
        .matches("[0-9a-f]{16}");
  }

  @Test
  void missingOnesAreMadeAndDiffer() throws Exception {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      ids.add(ask("GET", "/v2/health/live", null, "").header("X-Request-Id"));
    }
    assertThat(ids).hasSize(20).allMatch(id -> id.matches("[0-9a-f]{16}"));
  }

  @Test
  void logOfARequestHasIt() throws Exception {
    Awaitility.await()
        .until(() -> ask("GET", "/actuator/health/readiness", null, "").status() == 200);
    Logger spring = (Logger) LoggerFactory.getLogger("org.springframework.web.servlet");
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    appender.start();
    Level before = spring.getLevel();
    spring.setLevel(Level.DEBUG);
    spring.addAppender(appender);
    try {
      RawAnswer answer = ask("POST", "/v1/models/notebook-cell/step", "logged-1", BODY);
      assertThat(answer.status()).isEqualTo(200);
      Awaitility.await()
          .until(
              () ->
                  List.copyOf(appender.list).stream()
                      .anyMatch(e -> "logged-1".equals(e.getMDCPropertyMap().get("requestId"))));
    } finally {
      spring.detachAppender(appender);
      spring.setLevel(before);
    }
  }
}
