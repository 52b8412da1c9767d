package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** Clients that leave while their answer is computed, and such as only seem to. */
@TestPropertySource(
    properties = {
      "keepgate.batch.workers=1",
      "keepgate.batch.queue-capacity=1",
      "keepgate.batch.full-queue-wait=10s",
      "keepgate.http.max-body=64MB",
      "keepgate.inference.max-working-memory=512MB",
      "keepgate.inference.client-check=5ms"
    })
class ClientGoneHttpTest extends ServerTest {

  private static final String UNROLL = "/v1/models/notebook-sequence/unroll";
  private static final String INFER = "/v2/models/notebook-sequence/infer";
  private static final int LONG = 300_000;
  private static final String LONG_X = "[1,2,3,4,3,2],".repeat(LONG - 1) + "[1,2,3,4,3,2]";
  private static final String LONG_BODY = "{\"return_sequences\": false, \"x\": [" + LONG_X + "]}";

  private static final String LONG_INFER =
      """
      {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, %d, 6], "data": [[%s]]}]}"""
          .formatted(LONG, LONG_X);

  @Autowired private ModelRegistry registry;
  @Autowired private MeterRegistry meters;

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] post(String path, String body) {
    return ascii(
        "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(path, body.length(), body));
  }

  private static byte[] postChunked(String path, String body) {
    return ascii(
        "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
            .formatted(path, body.length(), body));
  }

  private long executions() {
    return executions("notebook-sequence");
  }

  private long executions(String model) {
    try (ModelHandle handle = registry.acquire(ModelRequest.latest(model))) {
      return handle.statistics().executions();
    }
  }

  private double cancelled() {
    return meters.counter("keepgate.errors", "slug", "cancelled").count();
  }

  private void awaitMoreThan(long executions) {
    Awaitility.await()
        .pollDelay(0, TimeUnit.MILLISECONDS)
        .pollInterval(1, TimeUnit.MILLISECONDS)
        .until(() -> executions() > executions);
  }

  /** The worker did not go on with what nobody waits for. */
  private void assertLaneIsFree(long before) {
    Awaitility.await()
        .until(
            () -> {
              long seen = executions();
              // A step of another model needs the one worker there is.
              postJson(CELL, CELL_BODY);
              postJson(CELL, CELL_BODY);
              return executions() == seen;
            });
    assertThat(executions() - before).isBetween(1L, LONG - 1L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "reset"})
  void clientThatLeavesFreesTheLane(String how) throws Exception {
    long before = executions();
    try (Socket socket = new Socket("localhost", port)) {
      socket.getOutputStream().write(post(UNROLL, LONG_BODY));
      awaitMoreThan(before);
      if (how.equals("reset")) {
        socket.setSoLinger(true, 0);
      }
    }
    assertLaneIsFree(before);
  }

  @Test
  void whoLeavesBeforeItsTurnTakesNone() throws Exception {
    double cancelledBefore = cancelled();
    long before = executions();
    try (Socket first = new Socket("localhost", port)) {
      first.setSoTimeout(60_000);
      first.getOutputStream().write(post(UNROLL, LONG_BODY));
      awaitMoreThan(before);
      try (Socket second = new Socket("localhost", port)) {
        second.getOutputStream().write(post(UNROLL, "{\"x\": [[1,2,3,4,3,2]]}"));
      }
      assertThat(readStatus(first)).isEqualTo(200);
    }
    Awaitility.await().until(() -> cancelled() == cancelledBefore + 1);
    assertThat(executions() - before).isEqualTo(LONG);
  }

  @Test
  void clientOfTheOtherProtocolToo() throws Exception {
    long before = executions();
    try (Socket socket = new Socket("localhost", port)) {
      socket.getOutputStream().write(post(INFER, LONG_INFER));
      awaitMoreThan(before);
    }
    assertLaneIsFree(before);
  }

  /** Goes on from a state, or over a window; waits for the whole, or follows it. */
  @ParameterizedTest
  @CsvSource({
    "keras-ids, application/json",
    "keras-ids, application/x-ndjson",
    "keras-words-masked, application/json",
    "keras-words-masked, text/event-stream"
  })
  void textThatNobodyReadsEnds(String name, String accept) throws Exception {
    Path file = Path.of("src/test/resources/golden-texts", name, "model.keras");
    String model = "gone-" + name;
    assertThat(upload(model, List.of(file), "{}").statusCode()).isBetween(200, 201);
    String prompts = String.join(",", Collections.nCopies(60, "[1, 2]"));
    String body = "{\"max_steps\": 10000, \"prompt\": [" + prompts + "]}";
    String request =
        new String(post("/v1/models/" + model + "/generate", body), StandardCharsets.US_ASCII);
    try (Socket socket = new Socket("localhost", port)) {
      socket
          .getOutputStream()
          .write(ascii(request.replace("Host: a", "Host: a\r\nAccept: " + accept)));
      Awaitility.await()
          .pollDelay(0, TimeUnit.MILLISECONDS)
          .pollInterval(1, TimeUnit.MILLISECONDS)
          .until(() -> executions(model) > 0);
    }
    Awaitility.await()
        .until(
            () -> {
              long seen = executions(model);
              // A step of another model needs the one worker there is.
              postJson(CELL, CELL_BODY);
              postJson(CELL, CELL_BODY);
              return executions(model) == seen;
            });
    assertThat(executions(model)).isBetween(1L, 9_999L);
  }

  @Test
  void stepOfASequenceIsNotTaken() throws Exception {
    String sequence = "/v1/sequences/left";
    assertThat(
            postJson("/v1/models/notebook-sequence/sequences", "{\"id\": \"left\"}").statusCode())
        .isEqualTo(201);
    long before = executions();
    try (Socket socket = new Socket("localhost", port)) {
      socket.getOutputStream().write(post(sequence + "/unroll", LONG_BODY));
      awaitMoreThan(before);
    }
    assertLaneIsFree(before);
    assertThat(json(send(request("GET", sequence, null))).get("step").asInt()).isZero();
    assertThat(postJson(sequence + "/step", "{\"x\": [1,2,3,4,3,2]}").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {UNROLL, INFER})
  void whoEndsOnlyHisSideIsTold(String path) throws Exception {
    String body = path.equals(UNROLL) ? LONG_BODY : LONG_INFER;
    RawResponse response = sendRaw(post(path, body));
    assertThat(response.status()).isEqualTo(499);
    assertThat(response.body()).contains("the client left before the answer was ready");
  }

  /** The next request may come, in part or whole, before the first one is answered. */
  @ParameterizedTest
  @CsvSource({"1,false", "2,false", "1000,false", "1,true", "2,true", "1000,true"})
  void whoSendsOnIsAnswered(int early, boolean chunked) throws Exception {
    byte[] first = chunked ? postChunked(UNROLL, LONG_BODY) : post(UNROLL, LONG_BODY);
    byte[] second = post(CELL, CELL_BODY);
    int sent = Math.min(early, second.length);
    long before = executions();
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(first);
      awaitMoreThan(before);
      socket.getOutputStream().write(second, 0, sent);
      assertThat(readStatus(socket)).isEqualTo(200);
      socket.getOutputStream().write(second, sent, second.length - sent);
      assertThat(readStatus(socket)).isEqualTo(200);
    }
    assertThat(executions() - before).isEqualTo(LONG);
  }

  /** Reads a whole answer; its status. */
  private static int readStatus(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      assertThat(next).as("after '%s'", head).isNotNegative();
      head.append((char) next);
    }
    String length = head.substring(head.indexOf("Content-Length: ") + 16).lines().findFirst().get();
    socket.getInputStream().readNBytes(Integer.parseInt(length));
    return Integer.parseInt(head.substring(9, 12));
  }
}
