package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LargeRecordsTest {

  private static final TopicPartition READINGS = new TopicPartition("readings", 3);
  private static final Map<TopicPartition, OffsetAndMetadata> NEXT =
      Map.of(READINGS, new OffsetAndMetadata(9));

  private final LargeRecords large = new LargeRecords();

  @BeforeEach
  void configure() {
    large.configure(Map.of(LargeRecords.LIMITS, Map.of("readings", 100L)));
  }

  @AfterEach
  void close() {
    large.close();
  }

  private static ConsumerRecord<byte[], byte[]> record(
      int key, int value, long offset, Headers headers) {
    return new ConsumerRecord<>(
        "readings",
        3,
        offset,
        77,
        TimestampType.CREATE_TIME,
        key,
        value,
        key < 0 ? null : new byte[key],
        value < 0 ? null : new byte[value],
        headers,
        Optional.of(5));
  }

  private static ConsumerRecords<byte[], byte[]> read(
      List<ConsumerRecord<byte[], byte[]>> records) {
    return new ConsumerRecords<>(Map.of(READINGS, records), NEXT);
  }

  private static @Nullable String header(ConsumerRecord<byte[], byte[]> record, String name) {
    var header = record.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
  }

  @Test
  void whatIsSmallEnoughStaysAsItIs() {
    var all =
        read(
            List.of(
                record(-1, 100, 0, new RecordHeaders()),
                record(100, -1, 1, new RecordHeaders()),
                record(40, 60, 2, new RecordHeaders())));
    assertThat(large.onConsume(all)).isSameAs(all);
  }

  @Test
  void ofManyHeadersOnlyThoseOfTheTraceAreKept() {
    Headers headers = new RecordHeaders();
    headers.add("traceparent", "00-1".getBytes(StandardCharsets.UTF_8));
    headers.add("big", new byte[90]);
    var small = read(List.of(record(10, 20, 0, headers)));
    headers.add("more", new byte[10]);
    headers.add("none", null);
    assertThat(large.onConsume(small).records(READINGS).get(0))
        .satisfies(
            kept -> {
              assertThat(kept.key()).hasSize(10);
              assertThat(kept.value()).hasSize(20);
              assertThat(header(kept, "traceparent")).isEqualTo("00-1");
              assertThat(kept.headers().toArray()).hasSize(1);
            });
  }

  @Test
  void whatIsLargerIsCutAndStillTooLargeInItsPlace() {
    Headers headers = new RecordHeaders();
    headers.add("traceparent", "00-1".getBytes(StandardCharsets.UTF_8));
    headers.add("big", new byte[5000]);
    headers.add(LargeRecords.VALUE_BYTES, "7".getBytes(StandardCharsets.UTF_8));
    ConsumerRecord<byte[], byte[]> small = record(4, 8, 6, new RecordHeaders());
    ConsumerRecords<byte[], byte[]> kept =
        large.onConsume(
            read(List.of(small, record(4, 5000, 7, headers), record(200, -1, 8, headers))));
    assertThat(kept.nextOffsets()).isEqualTo(NEXT);
    List<ConsumerRecord<byte[], byte[]>> records = kept.records(READINGS);
    assertThat(records.get(0)).isSameAs(small);

    ConsumerRecord<byte[], byte[]> value = records.get(1);
    assertThat(value.offset()).isEqualTo(7);
    assertThat(value.timestamp()).isEqualTo(77);
    assertThat(value.leaderEpoch()).contains(5);
    assertThat(value.key()).hasSize(4);
    assertThat(value.value()).hasSize(101);
    assertThat(header(value, LargeRecords.VALUE_BYTES)).isEqualTo("5000");
    assertThat(header(value, LargeRecords.KEY_BYTES)).isNull();
    assertThat(header(value, "traceparent")).isEqualTo("00-1");
    assertThat(header(value, "big")).isNull();

    ConsumerRecord<byte[], byte[]> key = records.get(2);
    assertThat(key.key()).hasSize(101);
    assertThat(key.value()).isNull();
    assertThat(header(key, LargeRecords.KEY_BYTES)).isEqualTo("200");
  }

  /** Two that fit alone and not together, and are too large as they are. */
  @Test
  void keyAndValueCountTogether() {
    ConsumerRecords<byte[], byte[]> kept =
        large.onConsume(read(List.of(record(60, 60, 0, new RecordHeaders()))));
    assertThat(kept.records(READINGS).get(0).key()).hasSize(60);
    assertThat(kept.records(READINGS).get(0).value()).hasSize(60);
  }

  @Test
  void topicsOfNoBindingAreLeftAlone() {
    LargeRecords others = new LargeRecords();
    others.configure(Map.of());
    var all = read(List.of(record(4, 5000, 0, new RecordHeaders())));
    assertThat(others.onConsume(all)).isSameAs(all);
    others.close();
  }
}
