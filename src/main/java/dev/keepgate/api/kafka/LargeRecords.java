package dev.keepgate.api.kafka;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what is larger than its binding takes as soon as it is read: the engine keeps many records
 * before it comes to them, by their number and not by their bytes. What is left of key and value is
 * still too large, and goes to the dead-letter topic; of headers only a trace's are read, and only
 * those are left where there are more bytes of them.
 */
public final class LargeRecords implements ConsumerInterceptor<byte[], byte[]> {

  /** Of the consumer: the largest record that is taken, in bytes, by topic. */
  static final String LIMITS = "keepgate.record.bytes";

  /** Headers of what was cut: how many bytes there were. */
  static final String KEY_BYTES = "keepgate.key-bytes";

  static final String VALUE_BYTES = "keepgate.value-bytes";

  private Map<?, ?> limits = Map.of();

  @Override
  public void configure(Map<String, ?> settings) {
    if (settings.get(LIMITS) instanceof Map<?, ?> given) {
      limits = given;
    }
  }

  @Override
  public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> all = new HashMap<>();
    boolean isAnyCut = false;
    for (TopicPartition partition : records.partitions()) {
      List<ConsumerRecord<byte[], byte[]>> read = records.records(partition);
      List<ConsumerRecord<byte[], byte[]>> kept = fitted(read, limit(partition.topic()));
      isAnyCut |= kept != read;
      all.put(partition, kept);
    }
    return isAnyCut ? new ConsumerRecords<>(all, records.nextOffsets()) : records;
  }

  private int limit(String topic) {
    return limits.get(topic) instanceof Number bytes
        ? (int) Math.min(bytes.longValue(), Integer.MAX_VALUE - 8)
        : Integer.MAX_VALUE;
  }

  /** The same list where all are small enough. */
  private static List<ConsumerRecord<byte[], byte[]>> fitted(
      List<ConsumerRecord<byte[], byte[]>> records, int limit) {
    List<ConsumerRecord<byte[], byte[]>> cut = null;
    for (int i = 0; i < records.size(); i++) {
      ConsumerRecord<byte[], byte[]> record = records.get(i);
      if ((long) size(record.key()) + size(record.value()) > limit
          || size(record.headers()) > limit) {
        cut = cut == null ? new ArrayList<>(records) : cut;
        cut.set(i, cut(record, limit + 1));
      }
    }
    return cut == null ? records : cut;
  }

  private static long size(Headers headers) {
    long size = 0;
    for (Header header : headers) {
      size += header.key().length() + size(header.value());
    }
    return size;
  }

  private static int size(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static ConsumerRecord<byte[], byte[]> cut(
      ConsumerRecord<byte[], byte[]> record, int most) {
    Headers headers = new RecordHeaders();
    for (String name : StreamTraces.HEADERS) {
      Header header = record.headers().lastHeader(name);
      if (header != null && size(header.value()) <= most) {
        headers.add(header);
      }
    }
    return new ConsumerRecord<>(
        record.topic(),
        record.partition(),
        record.offset(),
        record.timestamp(),
        record.timestampType(),
        record.serializedKeySize(),
        record.serializedValueSize(),
        fitted(record.key(), most, KEY_BYTES, headers),
        fitted(record.value(), most, VALUE_BYTES, headers),
        headers,
        record.leaderEpoch());
  }

  /** As much of it as there is room for, and a header that says how much there was. */
  static byte @Nullable [] fitted(
      byte @Nullable [] bytes, int room, String header, Headers headers) {
    if (bytes == null || bytes.length <= room) {
      return bytes;
    }
    if (headers.lastHeader(header) == null) {
      headers.add(header, Integer.toString(bytes.length).getBytes(StandardCharsets.UTF_8));
    }
    return Arrays.copyOf(bytes, room);
  }

  @Override
  public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

  @Override
  public void close() {}
}
