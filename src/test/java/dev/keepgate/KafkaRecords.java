package dev.keepgate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/** What any client of a broker writes and reads: records of bytes, and only what is committed. */
public final class KafkaRecords implements AutoCloseable {

  private static final Duration WAIT = Duration.ofSeconds(60);

  private final String bootstrap;
  private final Producer<byte[], byte[]> producer;

  /**
   * @param bootstrap {@code host:port}
   */
  public KafkaRecords(String bootstrap) {
    this.bootstrap = bootstrap;
    this.producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                true),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** A record for the partition that its key chooses, or for any without one. */
  public static ProducerRecord<byte[], byte[]> record(
      String topic, byte @Nullable [] key, byte @Nullable [] value) {
    return new ProducerRecord<>(topic, key, value);
  }

  /**
   * Does the same.
   *
   * @param timestamp in milliseconds since 1970
   */
  public static ProducerRecord<byte[], byte[]> record(
      String topic,
      byte @Nullable [] key,
      byte @Nullable [] value,
      long timestamp,
      Map<String, byte[]> headers) {
    List<Header> written = new ArrayList<>();
    headers.forEach((name, bytes) -> written.add(new RecordHeader(name, bytes)));
    return new ProducerRecord<>(topic, null, timestamp, key, value, written);
  }

  /** Writes records in their order and waits until the broker has them all. */
  public List<RecordMetadata> send(List<ProducerRecord<byte[], byte[]>> records) {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (ProducerRecord<byte[], byte[]> record : records) {
      sent.add(producer.send(record));
    }
    producer.flush();
    List<RecordMetadata> places = new ArrayList<>();
    for (Future<RecordMetadata> place : sent) {
      places.add(await(place));
    }
    return places;
  }

  /** Writes a record and waits until the broker has it. */
  public RecordMetadata send(ProducerRecord<byte[], byte[]> record) {
    return send(List.of(record)).get(0);
  }

  /**
   * Waits until a topic has that many committed records.
   *
   * @return all that it has by then, which may be more; those of a partition in its order
   */
  public List<ConsumerRecord<byte[], byte[]>> collect(String topic, int atLeast) {
    return collect(topic, atLeast, WAIT);
  }

  /** Does the same, and waits so long at most. */
  public List<ConsumerRecord<byte[], byte[]>> collect(String topic, int atLeast, Duration wait) {
    try (Consumer<byte[], byte[]> consumer = consumer()) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      await(wait)
          .untilAsserted(
              () -> {
                poll(consumer, records);
                // Of the number, as the records themselves take long to be told.
                assertThat(records.size())
                    .as("records of %s", topic)
                    .isGreaterThanOrEqualTo(atLeast);
              });
      readToEnd(consumer, records);
      return records;
    }
  }

  /** A thread of a server's streams that ends in this JVM, and is replaced, ends no wait. */
  private static ConditionFactory await(Duration wait) {
    return Awaitility.await().dontCatchUncaughtExceptions().atMost(wait);
  }

  /** Up to where the committed records end now. */
  private static void readToEnd(
      Consumer<byte[], byte[]> consumer, List<ConsumerRecord<byte[], byte[]>> records) {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    await(WAIT)
        .until(
            () -> {
              poll(consumer, records);
              return ends.entrySet().stream()
                  .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
            });
  }

  private static void poll(
      Consumer<byte[], byte[]> consumer, List<ConsumerRecord<byte[], byte[]>> records) {
    ConsumerRecords<byte[], byte[]> read = consumer.poll(Duration.ofMillis(100));
    while (!read.isEmpty()) {
      read.forEach(records::add);
      read = consumer.poll(Duration.ZERO);
    }
  }

  private Consumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false,
            ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
            false),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  /** A record's headers by name; of a name that is repeated, the last. */
  public static Map<String, byte[]> headers(ConsumerRecord<byte[], byte[]> record) {
    Map<String, byte[]> headers = new LinkedHashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), header.value());
    }
    return headers;
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
  }

  private static RecordMetadata await(Future<RecordMetadata> place) {
    try {
      return place.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
