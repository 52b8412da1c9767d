package dev.keepgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** The broker of the tests is one: what it has taken it keeps. */
class KafkaBrokerTest {

  @Test
  void recordsSurviveAKill() throws Exception {
    try (KafkaBroker broker = KafkaBroker.start();
        KafkaRecords records = new KafkaRecords(broker.bootstrap())) {
      broker.createTopic("readings", 2, Map.of());
      records.send(
          KafkaRecords.record(
              "readings", bytes("a"), bytes("1"), 1_000, Map.of("unit", bytes("kelvin"))));

      broker.kill();
      broker.restart();
      // The same client goes on, as a server's has to.
      records.send(KafkaRecords.record("readings", bytes("a"), null));

      List<ConsumerRecord<byte[], byte[]>> read = records.collect("readings", 2);
      assertThat(read).extracting(ConsumerRecord::key).containsExactly(bytes("a"), bytes("a"));
      assertThat(read).extracting(ConsumerRecord::value).containsExactly(bytes("1"), null);
      assertThat(read.get(0).timestamp()).isEqualTo(1_000);
      assertThat(KafkaRecords.headers(read.get(0))).containsExactly(entry("unit", bytes("kelvin")));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
