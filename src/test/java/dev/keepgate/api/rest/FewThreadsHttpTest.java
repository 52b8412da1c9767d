package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
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
