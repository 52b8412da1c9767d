package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;

/** Clients that send or read a little at a time, and such as send much. */
@TestPropertySource(
    properties = {
      "keepgate.connections.head-timeout=400ms",
      "keepgate.connections.body-timeout=400ms",
      "keepgate.connections.answer-timeout=400ms",
      "keepgate.connections.least-rate=1MB"
    })
class SlowClientTest extends ConnectionsTest {

  private static final String UNROLL = "/v1/models/notebook-sequence/unroll";

  /**
   * Sends a byte now and then, more often than a thread waits for the next request, until the
   * server has had enough of it.
   */
  private static void trickle(RawClient client) {
    Awaitility.await()
        .pollInterval(5, TimeUnit.MILLISECONDS)
        .until(
            () -> {
              try {
                client.send("1");
                return false;
              } catch (IOException e) {
                return true;
              }
            });
  }

  @Test
  void headThatTricklesInIsNotWaitedFor() throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(RawClient.head(RawClient.CELL, "X-A: "));
      trickle(client);
    }
  }

  @Test
  void headOfASecondRequestHasADeadlineOfItsOwn() throws IOException {
    try (RawClient client = new RawClient(port)) {
      assertThat(client.ask(RawClient.STEP).status()).isEqualTo(200);
      client.send(RawClient.head(RawClient.CELL, "X-A: "));
      trickle(client);
    }
  }

  @Test
  void bodyThatTricklesInIsAnswered408() throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(RawClient.head(RawClient.CELL, "Content-Length: 100000\r\n\r\n{"));
      Awaitility.await()
          .pollInterval(20, TimeUnit.MILLISECONDS)
          .until(
              () -> {
                try {
                  client.send(" ");
                  return connections() == 0;
                } catch (IOException e) {
                  return true;
                }
              });
      RawClient.Answer answer = client.read();
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.isLast()).isTrue();
    }
  }

  @Test
  void answerThatIsNotReadIsGivenUp() throws IOException {
    String body = "{\"x\": [" + "[1,2,3,4,3,2],".repeat(299_999) + "[1,2,3,4,3,2]]}";
    try (RawClient client = new RawClient(port)) {
      client.send(RawClient.post(UNROLL, body));
      Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> connections() == 0);
      assertThat(client.drain()).isLessThan(300_000L * 4 * 4);
    }
  }

  /** Requests of all sizes, sent before the answers of those before them are read. */
  @Test
  void bodiesAndAnswersOfAnySizeArriveWhole() throws Exception {
    long seed = Long.getLong("keepgate.seed", System.nanoTime());
    System.out.println("SlowClientTest sends with -Dkeepgate.seed=" + seed);
    Random random = new Random(seed);
    List<String> rows = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      rows.add("[%d,2,3,4,3,2]".formatted(i));
      try (RawClient client = new RawClient(port)) {
        outputs.add(output(client.ask(RawClient.post(RawClient.CELL, body(rows.get(i))))));
      }
    }
    StringBuilder requests = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      List<String> x = new ArrayList<>();
      List<String> y = new ArrayList<>();
      for (int row = 1 + random.nextInt(1 << random.nextInt(12)); row > 0; row--) {
        int one = random.nextInt(rows.size());
        x.add(rows.get(one));
        y.add(outputs.get(one));
      }
      String body = body(String.join(",", x));
      requests.append(
          random.nextBoolean() ? RawClient.post(RawClient.CELL, body) : chunked(body, random));
      expected.add(String.join(",", y));
    }
    try (RawClient client = new RawClient(port)) {
      Thread sender =
          new Thread(
              () -> {
                try {
                  client.send(requests.toString());
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      sender.start();
      for (String output : expected) {
        // In a batch of other rows, BLAS may sum in another order.
        assertThat(numbers(output(client.read()))).containsExactly(numbers(output), within(1e-6));
      }
      sender.join();
    }
  }

  private static String body(String rows) {
    return "{\"x\": [" + rows + "]}";
  }

  private static String chunked(String body, Random random) {
    StringBuilder request =
        new StringBuilder(RawClient.head(RawClient.CELL, "Transfer-Encoding: chunked\r\n\r\n"));
    for (int start = 0; start < body.length(); ) {
      int end = Math.min(body.length(), start + 1 + random.nextInt(20_000));
      request.append("%x\r\n%s\r\n".formatted(end - start, body.substring(start, end)));
      start = end;
    }
    return request.append("0\r\n\r\n").toString();
  }

  /** The rows of the output. */
  private static String output(RawClient.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    String body = answer.body();
    int start = body.indexOf("\"output\":[") + 10;
    return body.substring(start, body.indexOf("]]", start) + 1);
  }

  private static double[] numbers(String output) {
    return Pattern.compile("[^,\\[\\]]+")
        .matcher(output)
        .results()
        .mapToDouble(number -> Double.parseDouble(number.group()))
        .toArray();
  }
}
