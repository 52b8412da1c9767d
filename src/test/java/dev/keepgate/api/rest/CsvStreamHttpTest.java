package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.memory.InFlightMemory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/**
 * Files that come for ever, too fast, or not to their end. The model has one permit, so that one
 * that is not given back is seen at once.
 */
@TestPropertySource(
    properties = {
      "keepgate.batch.queue-capacity=1",
      "keepgate.inference.max-in-flight-memory=16MB",
      "keepgate.inference.client-check=5ms"
    })
class CsvStreamHttpTest extends ServerTest {

  private static final String UNROLL = "/v1/models/notebook-sequence/unroll";
  private static final String LINE = "1,2,3,4,3,2\n";
  private static final int SMALL = 2 << 20;

  @Autowired private InFlightMemory memory;
  @Autowired private BatchScheduler scheduler;

  /** Nothing is left of any file, whole or not. */
  @AfterEach
  void allIsGivenBack() throws Exception {
    Awaitility.await().until(() -> memory.requestUsed() == 0 && memory.answerUsed() == 0);
    Awaitility.await().until(() -> scheduler.admitted() == 0);
    HttpResponse<byte[]> response =
        send(request("POST", UNROLL, ascii(LINE)).header("Content-Type", "text/csv"));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** A client that sends chunks of a body when it likes. */
  private final class Client implements AutoCloseable {

    private final Socket socket = new Socket("localhost", port);
    private final OutputStream out = socket.getOutputStream();
    private final InputStream in = socket.getInputStream();

    Client(String accept, String... headers) throws IOException {
      socket.setSoTimeout(20_000);
      StringBuilder head = new StringBuilder();
      head.append("POST ").append(UNROLL).append(" HTTP/1.1\r\nHost: a\r\n");
      head.append("Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n");
      head.append("Accept: ").append(accept).append("\r\n");
      for (String header : headers) {
        head.append(header).append("\r\n");
      }
      out.write(ascii(head + "\r\n"));
    }

    void send(String text) throws IOException {
      out.write(ascii(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n"));
    }

    void end() throws IOException {
      out.write(ascii("0\r\n\r\n"));
    }

    /** What comes until a text has come so often. */
    String readUntil(String text, int times) throws IOException {
      ByteArrayOutputStream read = new ByteArrayOutputStream();
      for (int found = 0; found < times; ) {
        int next = in.read();
        assertThat(next).as("%s", read).isNotNegative();
        read.write(next);
        if (next == text.charAt(text.length() - 1)
            && read.toString(StandardCharsets.UTF_8).endsWith(text)) {
          found++;
        }
      }
      return read.toString(StandardCharsets.UTF_8);
    }

    String rest() throws IOException {
      ByteArrayOutputStream read = new ByteArrayOutputStream();
      try {
        in.transferTo(read);
      } catch (SocketException e) {
        // A connection that is cut may be so without a word.
      }
      return read.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void linesAreAnsweredBeforeTheNextOnesCome() throws Exception {
    try (Client client = new Client("text/csv")) {
      client.send(LINE + LINE);
      client.readUntil("\r\n\r\n", 1);
      client.readUntil("\n", 3);
      client.send(LINE);
      client.readUntil(",", 3);
      client.send(LINE + LINE);
      client.end();
      assertThat(client.readUntil("0\r\n\r\n", 1)).isNotEmpty();
    }
  }

  @Test
  void aFaultAfterLinesWereAnsweredCannotBeTakenForTheEnd() throws Exception {
    try (Client client = new Client("text/csv")) {
      client.send(LINE.repeat(3000));
      client.readUntil("\r\n\r\n", 1);
      client.readUntil(",", 3 * 3000);
      client.send("1,2,3,4,3,x\n" + LINE);
      assertThat(client.rest())
          .contains("# error: line 3001, column 6: expected a number, got 'x'\n")
          .doesNotContain("0\r\n\r\n");
    }
    try (Client client = new Client("application/json")) {
      client.send(LINE.repeat(3000));
      client.readUntil("}", 3000);
      client.send("1,2,3,4,3,x\n" + LINE);
      assertThat(client.rest()).doesNotContain("]").doesNotContain("0\r\n\r\n");
    }
    try (Client client = new Client("application/x-ndjson")) {
      client.send(LINE.repeat(3000));
      client.readUntil("}", 3000);
      client.send("1,2,3,4,3,x\n" + LINE);
      assertThat(client.readUntil("}\n", 1))
          .contains("{\"error\":{")
          .contains("line 3001, column 6");
    }
  }

  @Test
  void whoDoesNotReadIsNotReadFrom() throws Exception {
    int lines = 1_000_000;
    String piece = LINE.repeat(1000);
    AtomicLong sent = new AtomicLong();
    try (Client client = new Client("text/csv", "Connection: close")) {
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < lines; i += 1000) {
                    client.send(piece);
                    sent.addAndGet(1000);
                  }
                  client.end();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      AtomicLong before = new AtomicLong(-1);
      // Where nothing was taken from one look to the next, and nothing is computed, it waits.
      Awaitility.await()
          .pollInterval(java.time.Duration.ofMillis(500))
          .until(() -> before.getAndSet(sent.get()) == sent.get() && sent.get() > 0);
      assertThat(sending).isNotDone();
      assertThat(scheduler.admitted()).as("others may come in meanwhile").isZero();
      assertThat(memory.requestUsed() + memory.answerUsed()).isLessThan(SMALL);
      long found = 0;
      long most = 0;
      byte[] buffer = new byte[1 << 16];
      client.readUntil("\r\n\r\n", 1);
      // Each line has three commas; chunks have none.
      int last = 0;
      for (int count = client.in.read(buffer); count >= 0; count = client.in.read(buffer)) {
        for (int i = 0; i < count; i++) {
          found += buffer[i] == ',' ? 1 : 0;
        }
        last = count > 0 ? buffer[count - 1] : last;
        most = Math.max(most, memory.requestUsed() + memory.answerUsed());
      }
      assertThat(found).isEqualTo(3L * lines);
      assertThat(last).isEqualTo('\n');
      assertThat(most).isLessThan(SMALL);
      sending.join();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100_000})
  void whoGoesAwayLeavesNothing(int lines) throws Exception {
    try (Client client = new Client("text/csv")) {
      client.send(LINE.repeat(lines));
      client.readUntil(",", 3);
      client.socket.setSoLinger(true, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "1,", "\"", "a,"})
  void aLineWithoutAnEndIsRefusedWithoutBeingKept(String part) throws Exception {
    String piece = part.repeat(10_000);
    try (Client client = new Client("text/csv")) {
      long sent = 0;
      try {
        for (; sent < 1L << 30; sent += piece.length()) {
          client.send(piece);
          assertThat(memory.requestUsed() + memory.answerUsed()).isLessThan(SMALL);
        }
      } catch (SocketException e) {
        // It closed the connection, or will not take any more.
      }
      assertThat(sent).isLessThan(64 << 20);
      String answer = client.rest();
      if (!answer.isEmpty()) {
        assertThat(answer).startsWith("HTTP/1.1 400").contains("line 1");
      }
    }
  }

  @Test
  void aMillionColumnsAreRefused() throws Exception {
    byte[] header = ascii("c,".repeat(1_000_000) + "\n");
    HttpResponse<byte[]> response =
        send(request("POST", UNROLL, header).header("Content-Type", "text/csv"));
    assertProblem(response, 400, "invalid-input", "line 1");
    assertThat(text(response)).contains("max-columns");
  }
}
