package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.KafkaRecords;
import dev.keepgate.ModelBytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What becomes of states when another version serves, and of records whose model is not there. */
class StreamVersionsTest {

  private static final List<String> ROWS =
      List.of(
          "[1,2,3,4,3,2]", "[3,2,2,2,2,2]", "[0,1,0,1,0,1]", "[-1,2,-3,4,-3,2]", "[1,1,1,1,1,1]");
  private static final long T = System.currentTimeMillis() - 100_000;

  private static StreamServer server;
  private static KafkaRecords records;

  @BeforeAll
  static void start() throws Exception {
    List<String> arguments = new ArrayList<>();
    List<String> names = List.of("pinned", "replayed", "waiting", "handed");
    for (String name : names) {
      StreamServer.createTopics(StreamServer.broker(), name, 1);
      Map<String, String> settings = StreamServer.topics(name, "model-" + name);
      if (name.equals("replayed")) {
        settings.put("versions", "replay");
        settings.put("replay-steps", "2");
      } else if (name.equals("handed")) {
        settings.put("first-state", "sequence");
      }
      arguments.addAll(StreamServer.binding(names.indexOf(name), settings));
    }
    String bootstrap = StreamServer.broker().bootstrap();
    records = new KafkaRecords(bootstrap);
    server = StreamServer.start(bootstrap, "versions-test", arguments);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    records.close();
  }

  /** Each version has other numbers. */
  private static void put(String model, int version) throws Exception {
    server.upload(
        "/v1/models/%s/versions/%d".formatted(model, version), ModelBytes.pytorch(6, 4, version));
  }

  private static void send(String binding, int step) {
    records.send(
        KafkaRecords.record(
            binding + "-in",
            "k".getBytes(StandardCharsets.UTF_8),
            ("{\"x\":" + ROWS.get(step) + "}").getBytes(StandardCharsets.UTF_8),
            T + step,
            Map.of()));
  }

  private static JsonNode unrolled(String model, int version, int from, int to) throws Exception {
    JsonNode output =
        server
            .post(
                "/v1/models/%s/versions/%d/unroll".formatted(model, version),
                "{\"return_sequences\":true,\"x\":["
                    + String.join(",", ROWS.subList(from, to))
                    + "]}")
            .get("output");
    return output.get(output.size() - 1);
  }

  private static ConsumerRecord<byte[], byte[]> answer(String binding, int step) {
    return records.collect(binding + "-out", step + 1).get(step);
  }

  private static void assertAnswer(String binding, int step, JsonNode expected) throws Exception {
    JsonNode output = StreamServer.JSON.readTree(answer(binding, step).value()).get("output");
    for (int unit = 0; unit < 4; unit++) {
      assertThat(output.get(unit).asDouble())
          .as("%s step %d unit %d", binding, step, unit)
          .isCloseTo(expected.get(unit).asDouble(), within(1e-5));
    }
  }

  @Test
  void pinnedStateStaysWithAVersionThatWasTakenAway() throws Exception {
    put("model-pinned", 1);
    send("pinned", 0);
    answer("pinned", 0);
    put("model-pinned", 2);
    send("pinned", 1);
    answer("pinned", 1);
    assertThat(server.delete("/v1/models/model-pinned/versions/1")).isEqualTo(204);
    send("pinned", 2);
    answer("pinned", 2);
    // The same files by another name.
    server.upload("/v1/models/alone/versions/1", ModelBytes.pytorch(6, 4, 1));
    assertAnswer("pinned", 2, unrolled("alone", 1, 0, 3));
  }

  @Test
  void replayedStateIsMadeOfItsLastRecords() throws Exception {
    put("model-replayed", 1);
    for (int step = 0; step < 4; step++) {
      send("replayed", step);
    }
    answer("replayed", 3);
    assertAnswer("replayed", 3, unrolled("model-replayed", 1, 0, 4));
    put("model-replayed", 2);
    send("replayed", 4);
    // Two records that were kept, and its own.
    assertAnswer("replayed", 4, unrolled("model-replayed", 2, 2, 5));
    assertThat(StreamServer.JSON.readTree(answer("replayed", 4).value()).get("version").asString())
        .isEqualTo("2");
  }

  @Test
  void recordsWaitForTheirModel() throws Exception {
    send("waiting", 0);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              var health = server.bean(StreamsHealthIndicator.class).health();
              assertThat(health.getStatus().getCode()).isEqualTo("DOWN");
              assertThat(health.getDetails().get("waiting"))
                  .asString()
                  .contains("there is no model 'model-waiting'");
            });
    put("model-waiting", 1);
    assertAnswer("waiting", 0, unrolled("model-waiting", 1, 0, 1));
  }

  @Test
  void keyGoesOnFromTheSequenceOfItsName() throws Exception {
    put("model-handed", 1);
    server.post("/v1/models/model-handed/sequences", "{\"id\": \"k\"}");
    for (int step = 0; step < 2; step++) {
      server.post("/v1/sequences/k/step", "{\"x\":" + ROWS.get(step) + "}");
    }
    send("handed", 2);
    send("handed", 3);
    assertAnswer("handed", 0, unrolled("model-handed", 1, 0, 3));
    assertAnswer("handed", 1, unrolled("model-handed", 1, 0, 4));
    // It is not the stream's: its own steps go on from where it was.
    assertThat(server.get("/v1/sequences/k").body()).contains("\"step\":2");
  }
}
