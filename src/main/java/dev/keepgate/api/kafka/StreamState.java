package dev.keepgate.api.kafka;

import dev.keepgate.inference.KeptSequence;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What is kept of a key between its records.
 *
 * @param offset of the last record that was applied
 * @param timestamp of the last record that was a step, milliseconds since 1970
 * @param recent values of its last records, to be computed again by another version
 * @param sequence after the last record
 */
record StreamState(long offset, long timestamp, List<byte[]> recent, KeptSequence sequence) {

  private static final byte FORMAT = 1;

  byte[] encode() {
    byte[] kept = sequence.encode();
    int size = 1 + 8 + 8 + 4 + kept.length;
    for (byte[] each : recent) {
      size += 4 + each.length;
    }
    ByteBuffer to = ByteBuffer.allocate(size).put(FORMAT).putLong(offset).putLong(timestamp);
    to.putInt(recent.size());
    for (byte[] each : recent) {
      to.putInt(each.length).put(each);
    }
    return to.put(kept).array();
  }

  /** The timestamp of an encoded state. */
  static long timestamp(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong(1 + 8);
  }

  /**
   * @throws IllegalArgumentException if the bytes are of another build's format
   */
  static StreamState decode(byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    try {
      byte format = from.get();
      if (format != FORMAT) {
        throw new IllegalArgumentException(
            "a state is kept in format %d, known is %d".formatted(format, FORMAT));
      }
      long offset = from.getLong();
      long timestamp = from.getLong();
      List<byte[]> recent = new ArrayList<>();
      for (int left = from.getInt(); left > 0; left--) {
        recent.add(bytes(from, from.getInt()));
      }
      return new StreamState(
          offset, timestamp, recent, KeptSequence.decode(bytes(from, from.remaining())));
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("a state that is kept ends early", e);
    }
  }

  private static byte[] bytes(ByteBuffer from, int size) {
    if (size < 0 || size > from.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[size];
    from.get(bytes);
    return bytes;
  }

  /** The recent values with one more, of which the last so many stay. */
  static List<byte[]> recent(List<byte[]> before, byte[] value, int most) {
    if (most == 0) {
      return List.of();
    }
    List<byte[]> recent =
        new ArrayList<>(before.subList(Math.max(0, before.size() + 1 - most), before.size()));
    recent.add(value);
    return recent;
  }
}
