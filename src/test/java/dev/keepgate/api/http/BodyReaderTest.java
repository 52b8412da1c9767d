package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.memory.InFlightMemory;
import dev.keepgate.memory.RequestMemory;
import jakarta.servlet.Filter;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;

/** Bodies that are there, and such as are still to come. */
class BodyReaderTest extends ConnectionsTest {

  private static final String UNROLL = "/v1/models/notebook-sequence/unroll";
  private static final AtomicInteger WAITED = new AtomicInteger();

  @Autowired private InFlightMemory memory;

  /** Counts the requests whose thread went away before they were answered. */
  @TestConfiguration
  static class Counting {

    @Bean
    Filter countsWaitingRequests() {
      return (request, response, chain) -> {
        chain.doFilter(request, response);
        if (request.isAsyncStarted()) {
          WAITED.incrementAndGet();
        }
      };
    }
  }

  @BeforeEach
  void forget() {
    WAITED.set(0);
  }

  private static String unroll(int steps) {
    return "{\"return_sequences\": false, \"x\": ["
        + "[1,2,3,4,3,2],".repeat(steps - 1)
        + "[1,2,3,4,3,2]]}";
  }

  @Test
  void bodyThatCameWithItsHeadIsAnsweredAtOnce() throws IOException {
    try (RawClient client = new RawClient(port)) {
      for (int i = 0; i < 3; i++) {
        assertThat(client.ask(RawClient.STEP).status()).isEqualTo(200);
      }
    }
    assertThat(WAITED).hasValue(0);
  }

  @Test
  void bodyThatComesLaterIsWaitedForWithoutAThread() throws IOException {
    String body = unroll(2_000);
    int half = body.length() / 2;
    String head = RawClient.head(UNROLL, "Content-Length: " + body.length() + "\r\n\r\n");
    RawClient.Answer whole;
    try (RawClient client = new RawClient(port)) {
      whole = client.ask(head + body);
    }
    WAITED.set(0);
    try (RawClient client = new RawClient(port)) {
      client.send(head + body.substring(0, half));
      Awaitility.await().until(() -> WAITED.get() == 1);
      RawClient.Answer answer = client.ask(body.substring(half));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo(whole.body());
      assertThat(client.ask(RawClient.STEP).status()).isEqualTo(200);
    }
  }

  @Test
  @ExtendWith(OutputCaptureExtension.class)
  void bodyThatEndsEarlyIsAnswered400(CapturedOutput log) throws IOException {
    String head = RawClient.head(RawClient.CELL, "Content-Length: 30\r\n\r\n");
    try (RawClient client = new RawClient(port)) {
      client.send(head + "{\"x\": [[1,").endOutput();
      assertThat(client.read().status()).isEqualTo(400);
    }
    WAITED.set(0);
    try (RawClient client = new RawClient(port)) {
      client.send(head + "{\"x\": [[1,");
      Awaitility.await().until(() -> WAITED.get() == 1);
      client.endOutput();
      assertThat(client.read().status()).isEqualTo(400);
    }
    awaitEndOfConnections();
    // The error was answered, and the request not handled once more for it.
    assertThat(log).doesNotContain("A request failed");
  }

  @Test
  void connectionOfABodyThatFindsNoMemorySaysThatItEnds() throws IOException {
    String body = unroll(2_000);
    String head = RawClient.head(UNROLL, "Content-Length: " + body.length() + "\r\n\r\n");
    try (RawClient client = new RawClient(port);
        RequestMemory all = memory.open()) {
      assertThat(all.tryTake(memory.requestTotal() - memory.requestUsed())).isTrue();
      RawClient.Answer answer = client.ask(head + body);
      assertThat(answer.status()).isEqualTo(429);
      assertThat(answer.isLast()).isTrue();
    }
    assertServes();
  }
}
