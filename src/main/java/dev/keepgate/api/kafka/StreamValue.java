package dev.keepgate.api.kafka;

import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * A record's value as it came, with the timestamp that it came with: the engine's own may be
 * another, see {@link StreamTimestamps}.
 */
final class StreamValue {

  private final byte @Nullable [] bytes;
  private long timestamp = -1;

  StreamValue(byte @Nullable [] bytes) {
    this.bytes = bytes;
  }

  /** Null for a tombstone. */
  byte @Nullable [] bytes() {
    return bytes;
  }

  /** Milliseconds since 1970; negative where the record has none. */
  long timestamp() {
    return timestamp;
  }

  void cameWith(long own) {
    timestamp = own;
  }

  /** Makes nothing of it yet: what is no value goes to the dead-letter topic, not to an error. */
  static final class Reader implements Deserializer<StreamValue> {
    @Override
    public StreamValue deserialize(String topic, byte @Nullable [] data) {
      return new StreamValue(data);
    }

    @Override
    public StreamValue deserialize(String topic, Headers headers, byte @Nullable [] data) {
      return new StreamValue(data);
    }
  }
}
