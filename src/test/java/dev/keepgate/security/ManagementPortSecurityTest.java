package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/** The actuator's own port asks as HTTP's does, and both tell browsers the same. */
@TestPropertySource(properties = "management.server.port=0")
class ManagementPortSecurityTest extends KeyedServerTest {

  @LocalManagementPort private int managementPort;

  @DynamicPropertySource
  static void keys(DynamicPropertyRegistry properties) throws IOException {
    TestKeys.use(properties);
  }

  @Override
  void awaitReadiness() {
    // Health is at the other port; what is asked here needs no model.
  }

  private HttpResponse<String> managed(String path, @Nullable Role role) throws Exception {
    int served = port;
    port = managementPort;
    try {
      return send("GET", path, role == null ? null : TestKeys.text(role), null);
    } finally {
      port = served;
    }
  }

  @Test
  void asksForKeysAsHttpDoes() throws Exception {
    assertThat(managed("/actuator/health/liveness", null).statusCode()).isEqualTo(200);
    HttpResponse<String> refused = managed("/actuator/prometheus", null);
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(json(refused).path("type").asString())
        .isEqualTo("urn:keepgate:problem:unauthenticated");
    assertThat(managed("/actuator/prometheus", Role.INFER).statusCode()).isEqualTo(403);
    assertThat(managed("/actuator/prometheus", Role.MANAGE).statusCode()).isEqualTo(403);
    assertThat(managed("/actuator/prometheus", Role.OBSERVE).statusCode()).isEqualTo(200);
    assertThat(managed("/actuator/info", Role.OBSERVE).statusCode()).isEqualTo(200);
  }

  @Test
  void answersSayWhatBrowsersMayNotDo() throws Exception {
    for (HttpResponse<String> answer :
        List.of(
            managed("/actuator/health/liveness", null),
            managed("/actuator/prometheus", Role.OBSERVE),
            managed("/actuator/prometheus", null),
            send("GET", "/v1/models", TestKeys.text(Role.INFER), null),
            send("GET", "/v1/models/none", TestKeys.text(Role.INFER), null),
            send("GET", "/v1/models", null, null),
            send("GET", "/v2/health/live", null, null))) {
      assertThat(answer.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
      assertThat(answer.headers().allValues("Cache-Control"))
          .as("%s", answer)
          .containsExactly("no-store");
      assertThat(answer.headers().allValues("Content-Security-Policy"))
          .containsExactly("default-src 'none'; frame-ancestors 'none'");
      assertThat(answer.headers().firstValue("Strict-Transport-Security")).isEmpty();
    }
    for (String page : List.of("/", "/docs")) {
      HttpResponse<String> answer = send("GET", page, null, null);
      assertThat(answer.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
      assertThat(answer.headers().allValues("Content-Security-Policy")).hasSize(1);
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
          .contains("frame-ancestors 'none'", "script-src 'self'");
    }
  }
}
