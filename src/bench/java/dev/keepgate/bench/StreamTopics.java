package dev.keepgate.bench;

import dev.keepgate.KafkaBroker;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** Topics of a broker: what is in them, and how fast they grow. */
record StreamTopics(KafkaBroker broker, Admin admin) implements AutoCloseable {

  private static final Duration WAIT = Duration.ofMinutes(5);

  StreamTopics(KafkaBroker broker) {
    this(broker, broker.admin());
  }

  /** Writes readings of keys in a random order. */
  void fill(String topic, int records, int keys, String format) {
    Random random = new Random(7);
    byte[][] values = new byte[1000][];
    for (int i = 0; i < values.length; i++) {
      float[] x = Problem.floats(random, StreamBenchmark.INPUT, 1);
      values[i] =
          format.equals("json")
              ? ("{\"x\":" + Arrays.toString(x) + "}").getBytes(StandardCharsets.UTF_8)
              : bytes(x);
    }
    long time = System.currentTimeMillis() - 3_600_000;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrap(), "linger.ms", 20, "batch.size", 1 << 17),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < records; i++) {
        // Each key once where there are as many records as keys.
        int key = records == keys ? i : random.nextInt(keys);
        byte[] name = ("sensor-" + key).getBytes(StandardCharsets.UTF_8);
        var unused =
            producer.send(new ProducerRecord<>(topic, null, time + i, name, values[i % 1000]));
      }
    }
  }

  private static byte[] bytes(float[] x) {
    ByteBuffer bytes = ByteBuffer.allocate(x.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(x);
    return bytes.array();
  }

  /** Records that whoever reads what is committed finds, with what else has an offset. */
  double end(String topic) throws ExecutionException, InterruptedException {
    int partitions =
        Objects.requireNonNull(
                admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic))
            .partitions()
            .size();
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (int i = 0; i < partitions; i++) {
      asked.put(new TopicPartition(topic, i), OffsetSpec.latest());
    }
    return admin
        .listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
        .all()
        .get()
        .values()
        .stream()
        .mapToLong(each -> each.offset())
        .sum();
  }

  void awaitEnd(String topic, double atLeast) {
    Awaitility.await(topic).atMost(WAIT).until(() -> end(topic) >= atLeast);
  }

  /** What a topic takes on the broker's disk. */
  double bytes(String topic) throws ExecutionException, InterruptedException {
    return Objects.requireNonNull(admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1))
        .values()
        .stream()
        .flatMap(folder -> folder.replicaInfos().entrySet().stream())
        .filter(each -> each.getKey().topic().equals(topic))
        .mapToLong(each -> each.getValue().size())
        .sum();
  }

  @Override
  public void close() {
    admin.close();
  }
}
