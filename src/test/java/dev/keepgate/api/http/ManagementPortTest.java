package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.test.context.TestPropertySource;

/** A server whose threads and connections are all taken, and which is still seen. */
@TestPropertySource(
    properties = {
      "management.server.port=0",
      "spring.threads.virtual.enabled=false",
      "server.tomcat.threads.max=2",
      "server.tomcat.max-connections=8"
    })
class ManagementPortTest extends ConnectionsTest {

  @LocalManagementPort private int managementPort;

  private int status(String path) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + managementPort + path)).build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  @ParameterizedTest
  @ValueSource(strings = {"health/liveness", "health/readiness", "prometheus"})
  void answersWhileTheServerIsFull(String endpoint) throws Exception {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 6; i++) {
        RawClient client = new RawClient(port);
        clients.add(client);
        client.send(RawClient.head(RawClient.CELL, "Content-Length: 60000000\r\n\r\n"));
      }
      Awaitility.await().until(() -> connections() == 6);
      assertThat(status("/actuator/" + endpoint)).isEqualTo(200);
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void isApartFromTheModels() throws Exception {
    try (RawClient client = new RawClient(port)) {
      String metrics = "GET /actuator/prometheus HTTP/1.1\r\nHost: a\r\n\r\n";
      assertThat(client.ask(metrics).status()).isEqualTo(404);
    }
    assertThat(status("/v1/models")).isEqualTo(404);
  }
}
