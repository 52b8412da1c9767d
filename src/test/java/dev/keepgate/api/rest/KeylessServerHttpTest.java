package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server without credentials, asked by browsers' pages that are not its own. */
class KeylessServerHttpTest extends ServerTest {

  private RawResponse ask(String request, String host, String... headers) throws Exception {
    String body = request.startsWith("POST") ? CELL_BODY : "";
    String further = String.join("", List.of(headers).stream().map(h -> h + "\r\n").toList());
    return sendRaw(
        "%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%s\r\n%s"
            .formatted(request, host, body.length(), further, body)
            .getBytes(StandardCharsets.UTF_8));
  }

  private static void assertRefused(RawResponse answer, String slug) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(403);
    assertThat(answer.body()).contains("a server without keys answers nothing");
    if (!answer.body().startsWith("{\"error\"")) {
      assertThat(answer.body()).contains("urn:keepgate:problem:" + slug);
    }
  }

  /** What a page sends without asking whether it may, by a kind of route each. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /v1/models/notebook-cell/step",
        "POST /v1/models/notebook-cell/versions/1/unroll",
        "POST /v1/models/notebook-cell/forecast",
        "POST /v1/models/notebook-cell/sequences",
        "POST /v1/sequences/any/step",
        "DELETE /v1/sequences/any",
        "POST /v1/timeseries/forecast",
        "POST /v2/models/notebook-cell/infer",
        "POST /actuator/loggers/root",
        "POST /v1/none"
      })
  void pageOfAnotherOriginIsAnsweredNothing(String request) throws Exception {
    for (String origin : new String[] {"http://evil.example", "null", "http://localhost:1"}) {
      assertRefused(ask(request, "localhost:" + port, "Origin: " + origin), "cross-origin");
    }
    assertRefused(
        ask(request, "evil.example:" + port, "Origin: http://evil.example:" + port),
        "host-not-allowed");
    for (RawResponse passed :
        List.of(
            ask(request, "localhost:" + port),
            ask(request, "evil.example:" + port),
            ask(request, "localhost:" + port, "Origin: http://localhost:" + port),
            ask(request, "127.0.0.1:" + port, "Origin: http://127.0.0.1:" + port),
            ask(request, "[::1]:" + port, "Origin: http://[::1]:" + port),
            ask(request, "allowed.example", "Origin: https://allowed.example"))) {
      assertThat(passed.status()).as("%s", passed).isNotEqualTo(403);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/models",
        "GET /v1/sequences",
        "GET /v1/statistics",
        "GET /v2/models/notebook-cell",
        "GET /",
        "GET /actuator/health"
      })
  void nameThatWasMadeToLeadHereReadsNothing(String request) throws Exception {
    for (String header : List.of("Origin: http://evil.example", "Referer: http://evil.example/")) {
      RawResponse refused = ask(request, "evil.example", header);
      assertThat(refused.status()).as("%s", refused).isEqualTo(403);
      assertThat(ask(request, "localhost", header).status()).isNotEqualTo(403);
      assertThat(ask(request, "allowed.example", header).status()).isNotEqualTo(403);
    }
    assertThat(ask(request, "evil.example").status()).isNotEqualTo(403);
  }
}
