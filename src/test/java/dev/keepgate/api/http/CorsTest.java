package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** What pages of other origins may ask. */
class CorsTest {

  private static final String PAGE = "https://page.example";
  private static final String STEP = "{\"x\": [[1,2,3,4,3,2]]}";

  private interface Use {
    void of(int port) throws Exception;
  }

  /** A server of these settings, which ends with the test. */
  private static void withServer(Use use, String... settings) throws Exception {
    Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "models-");
    String[] arguments = new String[settings.length + 3];
    System.arraycopy(settings, 0, arguments, 3, settings.length);
    arguments[0] = "--server.port=0";
    arguments[1] = "--spring.grpc.server.enabled=false";
    arguments[2] = "--keepgate.repository.path=" + folder;
    try (ConfigurableApplicationContext context =
        new SpringApplicationBuilder(dev.keepgate.KeepgateApplication.class).run(arguments)) {
      int port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
      Awaitility.await()
          .until(() -> ask(port, "GET", "/actuator/health/readiness", Map.of()).status() == 200);
      use.of(port);
    }
  }

  private static RawAnswer ask(int port, String method, String path, Map<String, String> headers)
      throws IOException {
    return RawAnswer.ask(port, method, path, headers, method.equals("POST") ? STEP : "");
  }

  private static Map<String, String> preflight(String origin, String method) {
    return Map.of(
        "Origin", origin,
        "Access-Control-Request-Method", method,
        "Access-Control-Request-Headers", "content-type, x-request-id");
  }

  @Test
  void allRoutesAnswerAllowedOrigins() throws Exception {
    withServer(
        port -> {
          for (String path :
              List.of(
                  "/v1/models/notebook-cell/step",
                  "/v1/models",
                  "/v1/sequences/none/step",
                  "/v2/models/notebook-cell/infer",
                  "/actuator/health",
                  "/v1/openapi",
                  "/v1/nothing")) {
            RawAnswer asked = ask(port, "OPTIONS", path, preflight(PAGE, "POST"));
            assertThat(asked.status()).as(path).isEqualTo(200);
            assertThat(asked.header("Access-Control-Allow-Origin")).as(path).isEqualTo(PAGE);
            assertThat(asked.header("Access-Control-Allow-Methods")).contains("POST", "DELETE");
            assertThat(asked.header("Access-Control-Allow-Headers")).contains("x-request-id");
            assertThat(asked.header("Access-Control-Max-Age")).isEqualTo("60");
            RawAnswer actual = ask(port, "POST", path, Map.of("Origin", PAGE));
            assertThat(actual.header("Access-Control-Allow-Origin")).as(path).isEqualTo(PAGE);
            assertThat(actual.header("Access-Control-Expose-Headers")).contains("X-Request-Id");
          }
          RawAnswer step =
              ask(port, "POST", "/v1/models/notebook-cell/step", Map.of("Origin", PAGE));
          assertThat(step.status()).isEqualTo(200);
          refusesOthers(port);
          keepsChangesApart(port);
        },
        "--keepgate.http.cors.allowed-origins=" + PAGE,
        "--keepgate.http.cors.max-age=1m");
  }

  private static void refusesOthers(int port) throws Exception {
    String other = "https://other.example";
    RawAnswer asked = ask(port, "OPTIONS", "/v1/models", preflight(other, "GET"));
    assertThat(asked.status()).isEqualTo(403);
    assertThat(asked.header("Content-Type")).isEqualTo(ProblemDetails.MEDIA_TYPE);
    assertThat(asked.body()).contains("urn:keepgate:problem:cross-origin");
    assertThat(asked.header("Access-Control-Allow-Origin")).isEmpty();
    assertThat(ask(port, "OPTIONS", "/v1/models", preflight(PAGE, "PATCH")).status())
        .isEqualTo(403);
    RawAnswer oip = ask(port, "OPTIONS", "/v2/health/live", preflight(other, "GET"));
    assertThat(oip.status()).isEqualTo(403);
    assertThat(oip.body()).startsWith("{\"error\":");
    RawAnswer actual = ask(port, "POST", "/v1/models/notebook-cell/step", Map.of("Origin", other));
    assertThat(actual.status()).isEqualTo(403);
    // Whoever asks the server that its page came from asks no other origin.
    RawAnswer own =
        ask(
            port,
            "POST",
            "/v1/models/notebook-cell/step",
            Map.of("Origin", "https://localhost", "Host", "localhost"));
    assertThat(own.status()).isEqualTo(200);
  }

  /** An origin that may ask may not change models by that. */
  private static void keepsChangesApart(int port) throws Exception {
    RawAnswer change = ask(port, "DELETE", "/v1/models/none", Map.of("Origin", PAGE));
    assertThat(change.status()).isEqualTo(403);
    assertThat(change.body()).contains("keepgate.http.changes.allowed-origins");
    assertThat(change.header("Access-Control-Allow-Origin")).isEqualTo(PAGE);
    for (String path : List.of("/v1/models/none/versions/1", "/v1/models/none/versions")) {
      RawAnswer form = ask(port, "POST", path, Map.of("Origin", PAGE));
      assertThat(form.status()).as(path).isEqualTo(403);
    }
  }

  @Test
  void offItSaysNothing() throws Exception {
    withServer(
        port -> {
          RawAnswer asked = ask(port, "OPTIONS", "/v1/models", preflight(PAGE, "GET"));
          assertThat(asked.status()).isEqualTo(403);
          assertThat(asked.header("Content-Type")).isEqualTo(ProblemDetails.MEDIA_TYPE);
          RawAnswer actual =
              ask(port, "POST", "/v1/models/notebook-cell/step", Map.of("Origin", PAGE));
          assertThat(actual.status()).isEqualTo(403);
          assertThat(actual.body()).contains("keepgate.http.cors.allowed-origins");
          assertThat(actual.head()).doesNotContainIgnoringCase("Access-Control");
          // What is no preflight is answered as ever.
          assertThat(ask(port, "OPTIONS", "/v1/models", Map.of("Origin", PAGE)).status())
              .isEqualTo(200);
        });
  }

  @ParameterizedTest
  @CsvSource({"page.example", "https://page.example/path", "null", "ftp://page.example"})
  void whatIsNoOriginIsNoSetting(String origin) {
    assertThatThrownBy(
            () -> new CorsProperties(List.of(origin), List.of(), List.of(), Duration.ZERO))
        .hasMessageContaining("keepgate.http.cors.allowed-origins");
  }
}
