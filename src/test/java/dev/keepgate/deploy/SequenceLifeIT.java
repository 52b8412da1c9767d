package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of sequences when their server ends, and when their store is away. */
class SequenceLifeIT {

  private static final String OPEN = "/v1/models/notebook-cell/sequences";
  private static final String STEP = "/v1/sequences/mine/step";

  @TempDir Path folder;

  private final HttpClient client = HttpClient.newHttpClient();
  private RedisProcess redis;
  private int starts;

  @BeforeEach
  void startRedis() throws IOException {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
    redis = RedisProcess.start(Files.createDirectories(folder.resolve("redis")));
  }

  @AfterEach
  void stopRedis() {
    if (redis != null) {
      redis.close();
    }
  }

  private ServerProcess start(String... options) throws IOException {
    List<String> all = new ArrayList<>(List.of(options));
    all.add("--spring.data.redis.port=" + redis.port());
    return ServerProcess.start(
        folder.resolve("models"),
        folder.resolve("server-" + starts++ + ".log"),
        all.toArray(String[]::new));
  }

  private HttpResponse<String> post(ServerProcess process, String path, String json)
      throws IOException, InterruptedException {
    HttpRequest request =
        process
            .server()
            .request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json))
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  private static String step(int number) {
    return "{\"x\": [1,2,3,4,3,%d], \"step\": %d, \"return_state\": true}"
        .formatted(number, number);
  }

  @Test
  void serverThatEndsFinishesItsStepsOpensNoMoreAndHandsOver() throws Exception {
    String first;
    String second;
    try (ServerProcess process = start("--keepgate.sequences.hand-over=true")) {
      assertThat(post(process, OPEN, "{\"id\": \"mine\"}").statusCode()).isEqualTo(201);
      first = post(process, STEP, step(1)).body();
      assertThat(redis.command("DBSIZE")).startsWith(":0");
      try (HeldRequest held = HeldRequest.post(process.server(), STEP, step(2));
          HeldRequest opening = HeldRequest.post(process.server(), OPEN, "{\"id\": \"new\"}")) {
        process.terminate();
        process.awaitDraining();
        assertThat(opening.finish())
            .startsWith("HTTP/1.1 503")
            .contains("Retry-After: 1", "urn:keepgate:problem:draining");
        String answer = held.finish();
        assertThat(answer).startsWith("HTTP/1.1 200");
        second = answer.substring(answer.indexOf('{'), answer.lastIndexOf('}') + 1);
      }
      assertThat(process.exitCode()).isEqualTo(143);
      assertThat(Files.readString(process.log())).contains("Handed 1 sequences over to Redis");
    }
    try (ServerProcess process = start("--keepgate.sequences.hand-over=true")) {
      assertThat(post(process, STEP, step(2)).body()).isEqualTo(second);
      assertThat(post(process, STEP, step(1)).statusCode()).isEqualTo(409);
      assertThat(post(process, STEP, step(3)).statusCode()).isEqualTo(200);
      assertThat(first).isNotEqualTo(second);
      assertThat(redis.command("EXISTS {keepgate}:sequence:mine")).startsWith(":0");
    }
  }

  @Test
  void stepsAreTakenOnceThoughRedisIsAwayBetweenThem() throws Exception {
    try (ServerProcess process = start("--keepgate.sequences.store=redis")) {
      assertThat(post(process, OPEN, "{\"id\": \"mine\"}").statusCode()).isEqualTo(201);
      String first = post(process, STEP, step(1)).body();
      redis.kill();
      assertIsAway(process);
      redis.restart();
      assertThat(awaitStep(process, 1)).isEqualTo(first);
      assertThat(awaitStep(process, 2)).contains("\"step\":2");
    }
  }

  @Test
  void serverStartsWithoutRedisAndFindsItLater() throws Exception {
    redis.kill();
    try (ServerProcess process = start("--keepgate.sequences.store=redis")) {
      assertIsAway(process);
      redis.restart();
      Awaitility.await().until(() -> post(process, OPEN, "{\"id\": \"mine\"}").statusCode() == 201);
      assertThat(awaitStep(process, 1)).contains("\"step\":1");
    }
  }

  private String awaitStep(ServerProcess process, int number) {
    return Awaitility.await()
        .until(() -> post(process, STEP, step(number)), answer -> answer.statusCode() == 200)
        .body();
  }

  /** What needs no sequence is served; what does is told to come back. */
  private void assertIsAway(ServerProcess process) throws Exception {
    for (String path : List.of(OPEN, STEP)) {
      HttpResponse<String> answer = post(process, path, path.equals(OPEN) ? "{}" : step(2));
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
      assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
      assertThat(answer.body()).contains("urn:keepgate:problem:sequences-unavailable");
    }
    assertThat(process.server().isReady()).isTrue();
    process.server().postJson("/v1/models/notebook-cell/step", "{\"x\": [1,2,3,4,3,2]}");
    assertThat(process.server().get("/actuator/prometheus").statusCode()).isEqualTo(200);
  }
}
