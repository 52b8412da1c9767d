package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KafkaBroker;
import dev.keepgate.KafkaRecords;
import dev.keepgate.ModelBytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A server whose broker comes and goes, and one whose model is not what its binding asks for. */
class StreamHealthTest {

  private static final String ROW = "{\"x\":[1,2,3,4,3,2]}";
  private static final long T = System.currentTimeMillis() - 1_000_000;

  /** A failure is told of for a while. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private KafkaBroker broker;
  private KafkaRecords records;

  @BeforeEach
  void start() throws Exception {
    // A thread that ends is what a test waits for.
    Awaitility.doNotCatchUncaughtExceptionsByDefault();
    broker = KafkaBroker.start();
    records = new KafkaRecords(broker.bootstrap());
  }

  @AfterEach
  void stop() {
    Awaitility.catchUncaughtExceptionsByDefault();
    records.close();
    broker.close();
  }

  private StreamServer server(Map<String, String> binding) throws Exception {
    List<String> arguments = new ArrayList<>(StreamServer.binding(0, binding));
    arguments.add("--management.endpoint.health.show-details=always");
    return StreamServer.start(broker.bootstrap(), "health-test", arguments);
  }

  private void send(String topic, String value, long time) {
    records.send(
        KafkaRecords.record(
            topic,
            "k".getBytes(StandardCharsets.UTF_8),
            value.getBytes(StandardCharsets.UTF_8),
            time,
            Map.of()));
  }

  private static JsonNode health(StreamServer server) throws Exception {
    return StreamServer.JSON
        .readTree(server.get("/actuator/health").body())
        .at("/components/streams");
  }

  private static void awaitHealth(StreamServer server, String status, String detail, String text) {
    Awaitility.await(status + " because of " + text)
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              JsonNode health = health(server);
              assertThat(health.path("status").asString()).as(health.toString()).isEqualTo(status);
              assertThat(health.at("/details/" + detail).asString()).contains(text);
            });
  }

  /** What is not of streams goes on. */
  private static void assertServes(StreamServer server) throws Exception {
    assertThat(server.post("/v1/models/notebook-cell/step", ROW).has("output")).isTrue();
    assertThat(server.get("/actuator/health/readiness").statusCode()).isEqualTo(200);
    assertThat(server.get("/actuator/health/liveness").statusCode()).isEqualTo(200);
  }

  private List<String> steps(int atLeast) {
    return records.collect("there-out", atLeast).stream()
        .map(
            each ->
                new String(KafkaRecords.headers(each).get("keepgate.step"), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void streamsGoOnByThemselvesWhenBrokersDo() throws Exception {
    StreamServer.createTopics(broker, "there", 1);
    broker.kill();
    try (StreamServer server = server(StreamServer.topics("there", "notebook-cell"))) {
      awaitHealth(server, "DOWN", "brokers", "not reached");
      assertServes(server);
      broker.restart();
      awaitHealth(server, "UP", "brokers", "connected");
      send("there-in", ROW, T);
      send("there-in", ROW, T + 1);
      assertThat(steps(2)).containsExactly("1", "2");

      broker.kill();
      awaitHealth(server, "DOWN", "brokers", "not reached");
      assertServes(server);
      // It is on its way while no broker is there.
      CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> send("there-in", ROW, T + 2));
      broker.restart();
      sent.get(2, TimeUnit.MINUTES);
      assertThat(steps(3)).containsExactly("1", "2", "3");
      awaitHealth(server, "UP", "brokers", "connected");
      send("there-in", ROW, T + 3);
      assertThat(steps(4)).containsExactly("1", "2", "3", "4");
    }
  }

  @Test
  void topicsThatAreNotThereAreWaitedFor() throws Exception {
    try (StreamServer server = server(StreamServer.topics("there", "notebook-cell"))) {
      awaitHealth(server, "DOWN", "failure", "there-in");
      assertServes(server);
      StreamServer.createTopics(broker, "there", 1);
      send("there-in", ROW, T);
      assertThat(steps(1)).containsExactly("1");
      awaitHealth(server, "UP", "brokers", "connected");
    }
  }

  @Test
  void recordsWaitForAModelThatCanDoWhatTheirBindingAsks() throws Exception {
    StreamServer.createTopics(broker, "there", 1);
    Map<String, String> binding = StreamServer.topics("there", "later");
    binding.put("operation", "detect");
    try (StreamServer server = server(binding)) {
      server.upload("/v1/models/later/versions/1", ModelBytes.pytorch(2, 4, 1));
      send("there-in", "{\"x\":[1,2]}", T);
      send("there-in", "{\"x\":[0.5,1]}", T + 1);
      awaitHealth(server, "DOWN", "there", "later");
      assertThat(health(server).at("/details/there").asString()).contains("records wait");
      assertServes(server);
      Path detects = Path.of("src/test/resources/golden-scalers/forecast-stateful/model.pt");
      server.upload("/v1/models/later/versions/2", Map.of("file", detects), "{}");
      assertThat(steps(2)).containsExactly("1", "2");
      awaitHealth(server, "UP", "brokers", "connected");
    }
  }
}
