package dev.keepgate.tensor;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * JSON text in one array of bytes. Numbers go from float to bytes without a string between: they
 * are most of what this server writes. Long text can be sent on a piece at a time.
 */
public final class JsonBuffer {

  /** Bytes of text that are gathered before they are sent on, where there is somewhere to. */
  public static final int PIECE = 1 << 16;

  /** Numbers that are written at once at most. */
  private static final int RUN = 1024;

  /** Of most floats, with a comma. */
  private static final int FLOAT_BYTES = 13;

  private final @Nullable OutputStream to;
  private byte[] bytes;
  private int size;

  /** The last byte before those that were sent on. */
  private byte before;

  /**
   * @param capacity bytes to start with; it grows
   */
  public JsonBuffer(int capacity) {
    this.bytes = new byte[capacity];
    this.to = null;
  }

  /**
   * Text that is sent on a piece at a time; {@link #flush} sends the last one.
   *
   * @param to where to; what it throws comes as an {@link UncheckedIOException}
   */
  public JsonBuffer(OutputStream to) {
    this.bytes = new byte[PIECE + RUN * (FloatFormat.MAX_BYTES + 1) + FloatFormat.SLACK];
    this.to = to;
  }

  /** Bytes for so many floats, as a rule, with the room that the last ones are written into. */
  public static int estimate(long floats) {
    long room = Math.min(floats, RUN) * (FloatFormat.MAX_BYTES + 1 - FLOAT_BYTES);
    return (int) Math.min(1 << 30, 256 + floats * FLOAT_BYTES + room + FloatFormat.SLACK);
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

  /** Appends a property's name, and its colon. */
  public JsonBuffer name(String name) {
    return string(name).raw(":");
  }

  /** Appends a string. */
  public JsonBuffer string(String string) {
    return raw("\"")
        .text(new String(JsonStringEncoder.getInstance().quoteAsCharArray(string)))
        .raw("\"");
  }

  /** Appends a comma, unless one would stand behind an opening bracket. */
  public JsonBuffer comma() {
    byte last = size > 0 ? bytes[size - 1] : before;
    if (last != 0 && last != '[' && last != '{') {
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

  /**
   * Appends numbers as nested arrays, row-major.
   *
   * @param values from {@code offset} on, all finite
   * @param shape of what is written; no dimension for a bare number
   */
  public JsonBuffer tensor(double[] values, int offset, int... shape) {
    tensor(values, offset, shape, 0);
    return this;
  }

  private int tensor(double[] values, int offset, int[] shape, int axis) {
    if (axis == shape.length) {
      raw(Double.toString(values[offset]));
      return offset + 1;
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
    append('[');
    for (int from = 0; from < count; from += RUN) {
      run(values, offset + from, Math.min(RUN, count - from), from > 0);
    }
    append(']');
  }

  private void run(float[] values, int offset, int count, boolean goesOn) {
    ensure(1 + count * (FloatFormat.MAX_BYTES + 1) + FloatFormat.SLACK);
    byte[] text = bytes;
    int at = size;
    for (int i = 0; i < count; i++) {
      if (goesOn || i > 0) {
        text[at++] = ',';
      }
      at = FloatFormat.write(values[offset + i], text, at);
    }
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
    if (to != null && size >= PIECE) {
      flush();
    }
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), size + size / 2));
    }
  }

  public int size() {
    return size;
  }

  /** All that is gathered. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  /** Sends on what is gathered, if there is somewhere to. */
  public void flush() {
    if (to != null && size > 0) {
      before = bytes[size - 1];
      try {
        flushTo(to);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Writes all of it, and starts anew. */
  public void flushTo(OutputStream out) throws IOException {
    out.write(bytes, 0, size);
    size = 0;
  }
}
