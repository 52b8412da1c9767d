package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.OwnRepository;
import java.io.IOException;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;

/** A running server whose connections are counted. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "keepgate.repository.built-in=always",
      "keepgate.batch.workers=1",
      "keepgate.http.max-body=64MB",
      "keepgate.inference.max-working-memory=512MB"
    })
abstract class ConnectionsTest implements OwnRepository {

  @Autowired private WebServerApplicationContext context;
  @Autowired private ApplicationAvailability availability;
  @LocalServerPort int port;

  @BeforeEach
  void awaitModels() {
    Awaitility.await()
        .until(
            () -> {
              try (RawClient client = new RawClient(port)) {
                return availability.getReadinessState() == ReadinessState.ACCEPTING_TRAFFIC
                    && client.ask(RawClient.STEP).status() == 200;
              }
            });
  }

  @AfterEach
  void awaitEndOfConnections() {
    Awaitility.await().until(() -> connections() == 0);
  }

  /** Connections that the server has open. */
  int connections() {
    TomcatWebServer server = (TomcatWebServer) Objects.requireNonNull(context.getWebServer());
    return ((HttpProtocol) server.getTomcat().getConnector().getProtocolHandler()).connections();
  }

  void assertServes() throws IOException {
    try (RawClient client = new RawClient(port)) {
      assertThat(client.ask(RawClient.STEP).status()).isEqualTo(200);
    }
  }
}
