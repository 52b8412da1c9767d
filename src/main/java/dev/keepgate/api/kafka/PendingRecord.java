package dev.keepgate.api.kafka;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record that was read and whose step is not applied yet.
 *
 * @param place where it was read
 * @param timestamp milliseconds since 1970
 * @param streamTime the largest timestamp that its partition had had, itself included
 * @param key of its sequence
 * @param value null for a tombstone
 * @param trace headers that carry the context of a trace
 */
record PendingRecord(
    Place place,
    long timestamp,
    long streamTime,
    byte[] key,
    byte @Nullable [] value,
    Map<String, String> trace) {

  private static final byte FORMAT = 1;

  /** Where a record was read. */
  record Place(String topic, int partition, long offset) {}

  /** What it takes in memory, about. */
  long bytes() {
    return 512L + key.length + (value == null ? 0 : value.length);
  }

  byte[] encode() {
    byte[] topic = place.topic().getBytes(StandardCharsets.UTF_8);
    int size = 1 + 4 + topic.length + 4 + 8 + 8 + 8 + 4 + key.length + 4 + 4;
    size += value == null ? 0 : value.length;
    List<byte[]> headers = new ArrayList<>();
    for (Map.Entry<String, String> each : trace.entrySet()) {
      byte[] name = each.getKey().getBytes(StandardCharsets.UTF_8);
      byte[] text = each.getValue().getBytes(StandardCharsets.UTF_8);
      headers.add(name);
      headers.add(text);
      size += 8 + name.length + text.length;
    }
    ByteBuffer to = ByteBuffer.allocate(size).put(FORMAT);
    put(to, topic);
    to.putInt(place.partition()).putLong(place.offset()).putLong(timestamp).putLong(streamTime);
    put(to, key);
    if (value == null) {
      to.putInt(-1);
    } else {
      put(to, value);
    }
    to.putInt(trace.size());
    headers.forEach(each -> put(to, each));
    return to.array();
  }

  private static void put(ByteBuffer to, byte[] bytes) {
    to.putInt(bytes.length).put(bytes);
  }

  /**
   * @throws IllegalArgumentException if the bytes are of another build's format
   */
  static PendingRecord decode(byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    try {
      byte format = from.get();
      if (format != FORMAT) {
        throw new IllegalArgumentException(
            "a record is kept in format %d, known is %d".formatted(format, FORMAT));
      }
      String topic = text(from);
      Place place = new Place(topic, from.getInt(), from.getLong());
      long timestamp = from.getLong();
      long streamTime = from.getLong();
      byte[] key = bytes(from, from.getInt());
      int size = from.getInt();
      byte[] value = size < 0 ? null : bytes(from, size);
      Map<String, String> trace = new LinkedHashMap<>();
      for (int headers = from.getInt(); headers > 0; headers--) {
        trace.put(text(from), text(from));
      }
      return new PendingRecord(place, timestamp, streamTime, key, value, trace);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("a record that is kept ends early", e);
    }
  }

  private static String text(ByteBuffer from) {
    return new String(bytes(from, from.getInt()), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(ByteBuffer from, int size) {
    if (size < 0 || size > from.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[size];
    from.get(bytes);
    return bytes;
  }
}
