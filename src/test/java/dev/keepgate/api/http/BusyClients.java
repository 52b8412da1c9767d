package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.api.http.RawClient.Answer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * Clients that ask the notebook's models without a pause until their connections are refused: most
 * keep theirs as long as the server lets them, some take a new one for every request.
 */
public final class BusyClients implements AutoCloseable {

  private static final int CLIENTS = 16;
  private static final String UNROLL =
      RawClient.post(
          "/v1/models/notebook-sequence/unroll",
          "{\"x\": [" + "[1,2,3,4,3,2],".repeat(2_000) + "[1,2,3,4,3,2]]}");

  private final String host;
  private final int port;
  private final ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
  private final List<Future<Integer>> clients = new ArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();

  /** New connections that were reset before their first answer. */
  private final AtomicInteger neverTaken = new AtomicInteger();

  public BusyClients(String host, int port) {
    this.host = host;
    this.port = port;
    for (int i = 0; i < CLIENTS; i++) {
      String request = i % 4 == 0 ? UNROLL : RawClient.STEP;
      boolean keepsConnection = i % 4 != 1;
      clients.add(threads.submit(() -> askUntilRefused(request, keepsConnection)));
    }
    Awaitility.await().until(() -> answered.get() > 10 * CLIENTS);
  }

  /** Expects that every request was answered until the last client was refused. */
  public void assertNoRequestWasLost() throws Exception {
    int ended = 0;
    for (Future<Integer> client : clients) {
      // Throws what the client met in place of an answer.
      ended += client.get();
    }
    assertThat(ended).as("answers that ended their connections").isPositive();
    // Between the listener's last look and its end the kernel can take one that no server sees.
    assertThat(neverTaken).as("new connections that were reset").hasValueLessThanOrEqualTo(1);
  }

  /** The answers that ended connections which their client would have kept. */
  private int askUntilRefused(String request, boolean keepsConnection) throws IOException {
    int ended = 0;
    while (true) {
      try (RawClient client = new RawClient(host, port)) {
        Answer answer;
        try {
          answer = ask(client, request);
        } catch (SocketException e) {
          neverTaken.incrementAndGet();
          return ended;
        }
        while (keepsConnection && !answer.isLast()) {
          answer = ask(client, request);
        }
        ended += answer.isLast() ? 1 : 0;
      } catch (ConnectException e) {
        return ended;
      }
    }
  }

  private Answer ask(RawClient client, String request) throws IOException {
    Answer answer = client.ask(request);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    answered.incrementAndGet();
    return answer;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
