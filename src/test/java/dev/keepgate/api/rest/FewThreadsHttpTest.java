package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;

/** A server whose requests have few threads: those that wait for something hold none. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "spring.threads.virtual.enabled=false",
      "server.tomcat.threads.max=4",
      "keepgate.http.max-body=4MB",
      "keepgate.inference.max-working-memory=64MB",
      "keepgate.batch.full-queue-wait=10s"
    })
class FewThreadsHttpTest extends ServerTest {

  private static final String STEP_HEAD =
      "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n";
  private static final String LONG_BODY =
      "{\"return_sequences\": false, \"x\": ["
          + "[1,2,3,4,3,2],".repeat(19_999)
          + "[1,2,3,4,3,2]]}";

  private Socket begin(int length, String body) throws Exception {
    Socket socket = new Socket("localhost", port);
    socket
        .getOutputStream()
        .write((STEP_HEAD.formatted(CELL, length) + body).getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  @Test
  void bodiesThatDoNotComeKeepNobodyFromAnAnswer() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        silent.add(begin(100_000, i % 2 == 0 ? "" : "{\"x\":[[1"));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(postJson(CELL, CELL_BODY).statusCode()).isEqualTo(200);
        assertThat(send(request("GET", "/actuator/health/liveness", null)).statusCode())
            .isEqualTo(200);
      }
    } finally {
      for (Socket each : silent) {
        each.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 100000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n"})
  void bodiesOfRefusedRequestsKeepNobodyFromAnAnswer(String rest) throws Exception {
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + rest;
    List<String> refused =
        List.of("/v1/models/nobody/step", "/v1/nowhere", "/actuator/health", "/v2/models/no/infer");
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        Socket socket = new Socket("localhost", port);
        silent.add(socket);
        socket.setSoTimeout(20_000);
        String path = refused.get(i % refused.size());
        socket.getOutputStream().write(head.formatted(path).getBytes(StandardCharsets.UTF_8));
        byte[] status = socket.getInputStream().readNBytes(10);
        assertThat(new String(status, StandardCharsets.UTF_8)).as(path).isEqualTo("HTTP/1.1 4");
      }
      for (int i = 0; i < 20; i++) {
        assertThat(postJson(CELL, CELL_BODY).statusCode()).isEqualTo(200);
      }
    } finally {
      for (Socket each : silent) {
        each.close();
      }
    }
  }

  @Test
  void aRefusedRequestWhoseBodyComesLaterLeavesItsConnectionToTheNext() throws Exception {
    byte[] body = CELL_BODY.getBytes(StandardCharsets.UTF_8);
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(20_000);
      String unknown = STEP_HEAD.formatted("/v1/models/nobody/step", body.length);
      socket.getOutputStream().write(unknown.getBytes(StandardCharsets.UTF_8));
      assertThat(status(socket)).isEqualTo("HTTP/1.1 404");
      socket.getOutputStream().write(body);
      String known = STEP_HEAD.formatted(CELL, body.length) + CELL_BODY;
      socket.getOutputStream().write(known.getBytes(StandardCharsets.UTF_8));
      assertThat(status(socket)).isEqualTo("HTTP/1.1 200");
    }
  }

  /** Reads an answer to its end. */
  private static String status(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      assertThat(next).as(head.toString()).isNotNegative();
      head.append((char) next);
    }
    String length = head.substring(head.indexOf("Content-Length: ") + 16).lines().findFirst().get();
    socket.getInputStream().readNBytes(Integer.parseInt(length));
    return head.substring(0, 12);
  }

  @Test
  void aBodyThatComesByteByByteIsAnswered() throws Exception {
    byte[] body = CELL_BODY.getBytes(StandardCharsets.UTF_8);
    try (Socket socket = begin(body.length, "")) {
      socket.setSoTimeout(20_000);
      for (byte each : body) {
        socket.getOutputStream().write(each);
        socket.getOutputStream().flush();
      }
      byte[] answer = socket.getInputStream().readNBytes(12);
      assertThat(new String(answer, StandardCharsets.UTF_8)).isEqualTo("HTTP/1.1 200");
    }
  }

  @Test
  void moreRequestsThanThreadsAreAllAnsweredAndHealthMeanwhile() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(24);
    List<Future<HttpResponse<byte[]>>> answers = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      answers.add(clients.submit(() -> postJson("/v1/models/notebook-sequence/unroll", LONG_BODY)));
    }
    while (!answers.stream().allMatch(Future::isDone)) {
      assertThat(send(request("GET", "/actuator/health/liveness", null)).statusCode())
          .isEqualTo(200);
    }
    for (Future<HttpResponse<byte[]>> answer : answers) {
      assertThat(answer.get().statusCode()).as(text(answer.get())).isEqualTo(200);
    }
    clients.shutdown();
  }
}
