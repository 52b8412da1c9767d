package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;

/** Uploads that are many, or that come slowly. */
@TestPropertySource(
    properties = {
      "keepgate.uploads.max-concurrent=2",
      "keepgate.uploads.full-wait=50ms",
      "keepgate.uploads.stall-timeout=1s",
      "keepgate.uploads.min-progress=1KB"
    })
class UploadsHttpTest extends ServerTest {

  private static final byte[] GOOD = ModelBytes.pytorch(2, 3, 1);

  private Socket begin() throws IOException {
    Socket socket = new Socket("localhost", port);
    socket.setSoTimeout(30_000);
    socket
        .getOutputStream()
        .write(
            "PUT /v1/models/slow/versions/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\na"
                .getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  @Test
  void oneUploadTooManyWaitsAndIsRefused() throws Exception {
    List<Socket> under = new ArrayList<>();
    try {
      under.add(begin());
      under.add(begin());
      Awaitility.await()
          .until(
              () -> {
                HttpResponse<byte[]> answer = send(request("POST", "/v1/models:inspect", GOOD));
                if (answer.statusCode() == 200) {
                  return false;
                }
                assertProblem(answer, 429, "too-many-requests");
                assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
                return true;
              });
      assertThat(send(request("GET", "/v1/models/notebook-cell", null)).statusCode())
          .isEqualTo(200);
    } finally {
      for (Socket socket : under) {
        socket.close();
      }
    }
    Awaitility.await()
        .until(() -> send(request("POST", "/v1/models:inspect", GOOD)).statusCode() == 200);
  }

  @Test
  void uploadThatHardlyMovesEnds() throws Exception {
    try (Socket socket = begin()) {
      StringBuilder answer = new StringBuilder();
      Thread drip =
          new Thread(
              () -> {
                try {
                  while (true) {
                    socket.getOutputStream().write('a');
                    Thread.sleep(100);
                  }
                } catch (IOException | InterruptedException e) {
                  // The server closed the connection, or the test has ended.
                }
              });
      drip.start();
      try {
        byte[] buffer = new byte[4096];
        while (answer.indexOf("}") < 0) {
          int count = socket.getInputStream().read(buffer);
          assertThat(count).as("%s", answer).isPositive();
          answer.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
        }
      } finally {
        drip.interrupt();
        drip.join();
      }
      assertThat(answer.toString())
          .startsWith("HTTP/1.1 408")
          .contains("urn:keepgate:problem:request-timeout")
          .contains("at least 1,024 bytes");
    }
    assertThat(send(request("GET", "/v1/models/slow", null)).statusCode()).isEqualTo(404);
  }
}
