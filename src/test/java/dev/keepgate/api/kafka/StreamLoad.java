package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.KafkaRecords;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import tools.jackson.databind.JsonNode;

/** Records of many keys in a random order, and what their answers have to be. */
final class StreamLoad {

  static final int INPUT = 5;

  private final String topic;
  private final int steps;
  private final Map<String, float[][]> rows = new LinkedHashMap<>();
  private final Map<String, JsonNode> alone = new HashMap<>();
  private final List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();

  /**
   * @param topic what its topics are called, see {@link StreamServer#topics}
   */
  StreamLoad(String topic, int keys, int steps, Random random) {
    this.topic = topic;
    this.steps = steps;
    List<String> order = new ArrayList<>();
    for (int number = 0; number < keys; number++) {
      String key = "sensor-" + number;
      float[][] own = new float[steps][INPUT];
      for (float[] row : own) {
        for (int x = 0; x < INPUT; x++) {
          row[x] = random.nextInt(-64, 64) / 32f;
        }
      }
      rows.put(key, own);
      order.addAll(Collections.nCopies(steps, key));
    }
    Collections.shuffle(order, random);
    Map<String, Integer> taken = new LinkedHashMap<>();
    long time = System.currentTimeMillis() - 10_000_000;
    for (String key : order) {
      int step = taken.merge(key, 1, Integer::sum) - 1;
      records.add(
          KafkaRecords.record(
              topic + "-in",
              key.getBytes(StandardCharsets.UTF_8),
              ("{\"x\":" + Arrays.toString(rows.getOrDefault(key, new float[0][])[step]) + "}")
                  .getBytes(StandardCharsets.UTF_8),
              time++,
              Map.of()));
    }
  }

  List<ProducerRecord<byte[], byte[]>> records() {
    return records;
  }

  /** Waits for all answers, and holds them against each key's sequence alone. */
  void assertAnswered(KafkaRecords broker, Duration wait, StreamProcess server) throws Exception {
    assertAnswers(broker.collect(topic + "-out", records.size(), wait), server);
  }

  private void assertAnswers(List<ConsumerRecord<byte[], byte[]>> answers, StreamProcess server)
      throws Exception {
    Map<String, List<ConsumerRecord<byte[], byte[]>>> byKey = new LinkedHashMap<>();
    for (ConsumerRecord<byte[], byte[]> each : answers) {
      byKey
          .computeIfAbsent(
              new String(each.key(), StandardCharsets.UTF_8), unused -> new ArrayList<>())
          .add(each);
    }
    assertThat(byKey.keySet()).containsExactlyInAnyOrderElementsOf(rows.keySet());
    for (Map.Entry<String, float[][]> each : rows.entrySet()) {
      JsonNode alone = alone(each.getKey(), each.getValue(), server);
      List<ConsumerRecord<byte[], byte[]>> own = byKey.getOrDefault(each.getKey(), List.of());
      List<String> numbers = own.stream().map(StreamLoad::step).toList();
      List<String> expected = new ArrayList<>();
      for (int step = 1; step <= steps; step++) {
        expected.add(Integer.toString(step));
      }
      assertThat(numbers).as(each.getKey()).isEqualTo(expected);
      for (int step = 0; step < steps; step++) {
        assertAnswer(each.getKey() + " step " + (step + 1), own.get(step).value(), alone.get(step));
      }
    }
  }

  /** What a key's sequence is answered in one unroll. */
  private JsonNode alone(String key, float[][] x, StreamProcess server)
      throws IOException, InterruptedException {
    JsonNode known = alone.get(key);
    if (known == null) {
      String body = "{\"return_sequences\":true,\"x\":" + Arrays.deepToString(x) + "}";
      known = server.post("/v1/models/lstm/unroll", body).get("output");
      alone.put(key, known);
    }
    return known;
  }

  private static String step(ConsumerRecord<byte[], byte[]> answer) {
    return new String(KafkaRecords.headers(answer).get("keepgate.step"), StandardCharsets.UTF_8);
  }

  private static void assertAnswer(String what, byte[] answer, JsonNode expected) {
    JsonNode output = StreamServer.JSON.readTree(answer).get("output");
    assertThat(output.size()).as(what).isEqualTo(expected.size());
    for (int unit = 0; unit < output.size(); unit++) {
      assertThat(output.get(unit).asDouble())
          .as("%s unit %d", what, unit)
          .isCloseTo(expected.get(unit).asDouble(), within(1e-5));
    }
  }
}
