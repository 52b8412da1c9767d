package dev.keepgate.api.kafka;

import java.time.Clock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * Keeps a record with a wrong clock from moving its partition's time, by which the sequences of all
 * its keys end.
 */
final class StreamTimestamps implements TimestampExtractor {

  private final long maxAhead;
  private final Clock clock;

  /**
   * @param maxAhead milliseconds that a record may be ahead of the clock
   */
  StreamTimestamps(long maxAhead, Clock clock) {
    this.maxAhead = maxAhead;
    this.clock = clock;
  }

  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    ((StreamValue) record.value()).cameWith(record.timestamp());
    return isRight(record.timestamp()) ? record.timestamp() : Math.max(0, partitionTime);
  }

  /** Whether a record may have this timestamp. */
  boolean isRight(long timestamp) {
    return timestamp >= 0 && timestamp - maxAhead <= clock.millis();
  }
}
