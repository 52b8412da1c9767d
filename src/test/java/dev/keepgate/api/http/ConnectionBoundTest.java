package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.batch.BatchScheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** More clients that wait than the server has connections for. */
@TestPropertySource(properties = "server.tomcat.max-connections=32")
class ConnectionBoundTest extends ConnectionsTest {

  private static final int BOUND = 32;
  private static final int CLIENTS = 300;
  private static final String LONG_BODY =
      "{\"return_sequences\": false, \"x\": ["
          + "[1,2,3,4,3,2],".repeat(299_999)
          + "[1,2,3,4,3,2]]}";

  @Autowired BatchScheduler scheduler;

  private static Stream<Arguments> partsOfRequests() {
    return Stream.of(
        Arguments.of("nothing", ""),
        Arguments.of("a part of the head", RawClient.head(RawClient.CELL, "X-A: ")),
        Arguments.of(
            "a head without its body",
            RawClient.head(RawClient.CELL, "Content-Length: 60000000\r\n\r\n")),
        Arguments.of("a whole request", RawClient.STEP));
  }

  private List<RawClient> open(String sent) throws IOException {
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new RawClient(port).send(sent));
    }
    return clients;
  }

  private static void close(List<RawClient> clients) throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("partsOfRequests")
  void newcomersAreServedBesideThoseWhoSent(String name, String sent) throws IOException {
    List<RawClient> clients = open(sent);
    try {
      for (int i = 0; i < 5; i++) {
        assertServes();
      }
      assertThat(connections()).isLessThanOrEqualTo(BOUND);
      // The last one has waited for the least time.
      assertThat(clients.get(CLIENTS - 1).isEnded()).as("the last one").isEqualTo(false);
    } finally {
      close(clients);
    }
  }

  @Test
  void whoIsComputedForStays() throws IOException {
    try (RawClient busy = new RawClient(port)) {
      busy.send(RawClient.post("/v1/models/notebook-sequence/unroll", LONG_BODY));
      // Until then it is one whose body is to come.
      Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> scheduler.admitted() > 0);
      List<RawClient> clients = open("");
      close(clients);
      assertThat(busy.read().status()).isEqualTo(200);
    }
  }

  @Test
  void memoryDecidesHowManyThereAre() {
    assertThat(ConnectionLimits.fittingInto(256L << 20)).isBetween(500, 1000);
    assertThat(ConnectionLimits.fittingInto(64L << 30)).isEqualTo(8192);
    assertThat(ConnectionLimits.fittingInto(1L << 20)).isEqualTo(64);
  }

  @Test
  void idleConnectionsStayWhileThereIsRoom() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < BOUND / 2; i++) {
        clients.add(new RawClient(port));
      }
      Awaitility.await().until(() -> connections() == BOUND / 2);
      for (RawClient client : clients) {
        assertThat(client.ask(RawClient.STEP).status()).isEqualTo(200);
      }
      assertThat(connections()).isEqualTo(BOUND / 2);
    } finally {
      close(clients);
    }
  }
}
