package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.KafkaRecords;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Records of many keys through a real broker: each key's answers are its sequence's. */
class StreamStepTest {

  private static final int KEYS = 40;
  private static final int STEPS = 25;

  private static StreamServer server;
  private static KafkaRecords records;

  @BeforeAll
  static void start() throws Exception {
    StreamServer.createTopics(StreamServer.broker(), "steps", 3);
    String bootstrap = StreamServer.broker().bootstrap();
    records = new KafkaRecords(bootstrap);
    server =
        StreamServer.start(
            bootstrap,
            "step-test",
            StreamServer.binding(0, StreamServer.topics("steps", "notebook-cell")));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    records.close();
  }

  @Test
  void everyKeyIsASequenceOfItsOwn() throws Exception {
    long seed = Long.getLong("keepgate.seed", new Random().nextLong());
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Map<String, List<String>> rows = new HashMap<>();
    List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>();
    long time = System.currentTimeMillis() - 1_000_000;
    for (int i = 0; i < KEYS * STEPS; i++) {
      String key = "sensor-" + random.nextInt(KEYS);
      StringBuilder row = new StringBuilder();
      for (int x = 0; x < 6; x++) {
        row.append(x == 0 ? "" : ",").append(random.nextInt(-50, 50) / 8f);
      }
      rows.computeIfAbsent(key, unused -> new ArrayList<>()).add("[" + row + "]");
      all.add(
          KafkaRecords.record(
              "steps-in",
              key.getBytes(StandardCharsets.UTF_8),
              ("{\"x\":[" + row + "]}").getBytes(StandardCharsets.UTF_8),
              time + i,
              Map.of()));
    }
    records.send(all);
    Map<String, List<ConsumerRecord<byte[], byte[]>>> answers = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> each : records.collect("steps-out", all.size())) {
      answers
          .computeIfAbsent(
              new String(each.key(), StandardCharsets.UTF_8), unused -> new ArrayList<>())
          .add(each);
    }
    assertThat(answers.keySet()).isEqualTo(rows.keySet());
    for (Map.Entry<String, List<String>> each : rows.entrySet()) {
      JsonNode alone =
          server
              .post(
                  "/v1/models/notebook-cell/unroll",
                  "{\"return_sequences\":true,\"x\":[" + String.join(",", each.getValue()) + "]}")
              .get("output");
      List<ConsumerRecord<byte[], byte[]>> own = answers.getOrDefault(each.getKey(), List.of());
      assertThat(own).as(each.getKey()).hasSize(each.getValue().size());
      for (int step = 0; step < own.size(); step++) {
        JsonNode answer = StreamServer.JSON.readTree(own.get(step).value());
        for (int unit = 0; unit < 4; unit++) {
          assertThat(answer.get("output").get(unit).asDouble())
              .as("%s, step %d", each.getKey(), step)
              .isCloseTo(alone.get(step).get(unit).asDouble(), within(1e-5));
        }
        assertThat(
                new String(
                    KafkaRecords.headers(own.get(step)).get("keepgate.step"),
                    StandardCharsets.UTF_8))
            .isEqualTo(Integer.toString(step + 1));
      }
    }
  }
}
