package dev.keepgate.api.tensor;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * JSON text in one array of bytes. Numbers go from float to bytes without a string between: they
 * are most of what this server writes.
 */
public final class JsonBuffer {

  private byte[] bytes;
  private int size;

  /**
   * @param capacity bytes to start with; it grows
   */
  public JsonBuffer(int capacity) {
    this.bytes = new byte[capacity];
  }

  /** Bytes for so many floats, as a rule. */
  public static int estimate(long floats) {
    return (int) Math.min(1 << 30, 256 + floats * 13);
  }

  /** Appends JSON that the caller has written, of ASCII only. */
  public JsonBuffer raw(String ascii) {
    ensure(ascii.length());
    byte[] text = ascii.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, bytes, size, text.length);
    size += text.length;
    return this;
  }

  /** Appends JSON that the caller has written. */
  public JsonBuffer text(String json) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    ensure(text.length);
    System.arraycopy(text, 0, bytes, size, text.length);
    size += text.length;
    return this;
  }

  /** Appends a comma, unless one would stand behind an opening bracket. */
  public JsonBuffer comma() {
    if (size > 0 && bytes[size - 1] != '[' && bytes[size - 1] != '{') {
      append(',');
    }
    return this;
  }

  /**
   * Appends numbers as nested arrays, row-major.
   *
   * @param values from {@code offset} on, all finite
   * @param shape of what is written; no dimension for a bare number
   */
  public JsonBuffer tensor(float[] values, int offset, int... shape) {
    tensor(values, offset, shape, 0);
    return this;
  }

  private int tensor(float[] values, int offset, int[] shape, int axis) {
    if (axis == shape.length) {
      number(values[offset]);
      return offset + 1;
    }
    if (axis == shape.length - 1) {
      row(values, offset, shape[axis]);
      return offset + shape[axis];
    }
    int next = offset;
    append('[');
    for (int i = 0; i < shape[axis]; i++) {
      if (i > 0) {
        append(',');
      }
      next = tensor(values, next, shape, axis + 1);
    }
    append(']');
    return next;
  }

  private void row(float[] values, int offset, int count) {
    ensure(2 + count * (FloatFormat.MAX_BYTES + 1) + FloatFormat.SLACK);
    byte[] to = bytes;
    int at = size;
    to[at++] = '[';
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        to[at++] = ',';
      }
      at = FloatFormat.write(values[offset + i], to, at);
    }
    to[at++] = ']';
    size = at;
  }

  private void number(float value) {
    ensure(FloatFormat.MAX_BYTES + FloatFormat.SLACK);
    size = FloatFormat.write(value, bytes, size);
  }

  private void append(char ascii) {
    ensure(1);
    bytes[size++] = (byte) ascii;
  }

  private void ensure(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), size + size / 2));
    }
  }

  public int size() {
    return size;
  }

  /** Writes all of it, and starts anew. */
  public void flushTo(OutputStream out) throws IOException {
    out.write(bytes, 0, size);
    size = 0;
  }
}
