package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * Walks over the fields of protocol buffer messages in a file. Nothing is copied but what is asked
 * for, and all of that within a bound; large byte strings are only located.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">the encoding</a>
 */
final class ProtoReader {

  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;

  /** What a number costs in memory, in a list. */
  private static final int ELEMENT = 32;

  private static final int WINDOW = 1 << 16;

  private final FileChannel channel;
  private final ByteBuffer window = ByteBuffer.allocate(WINDOW).order(ByteOrder.LITTLE_ENDIAN);
  private long windowStart;
  private long position;
  private long end;
  private long allowance;
  private int wireType;

  /** Where a byte string lies in the file. */
  record Span(long begin, long length) {}

  /**
   * @param allowance how many bytes may be kept of the file
   */
  ProtoReader(FileChannel channel, long allowance) throws IOException {
    this.channel = channel;
    this.allowance = allowance;
    this.end = channel.size();
    window.limit(0);
  }

  /** Whether the message has another field. */
  boolean hasMore() {
    return position < end;
  }

  /** Number of the next field, whose value is to be read or skipped next. */
  int field() throws IOException, ImportException {
    long tag = varint();
    if (tag < 8 || tag > 0xffffffffL) {
      throw damaged("there is no field " + (tag >>> 3));
    }
    wireType = (int) tag & 7;
    return (int) (tag >>> 3);
  }

  /** How the field's value is written. */
  int wireType() {
    return wireType;
  }

  /** Enters the message that the field holds; answers what {@link #leave} is to be given. */
  long enter() throws IOException, ImportException {
    long outer = end;
    end = length();
    return outer;
  }

  void leave(long outer) {
    position = end;
    end = outer;
  }

  /** A value of integers, or one of many that are packed. */
  long integer() throws IOException, ImportException {
    expect(VARINT);
    return varint();
  }

  /** A string of UTF-8. */
  String string() throws IOException, ImportException {
    Span span = span();
    keep(span.length());
    byte[] bytes = new byte[(int) span.length()];
    read(channel, span.begin(), ByteBuffer.wrap(bytes));
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Reads one value. */
  interface Element {
    void read() throws IOException, ImportException;
  }

  /** Reads a repeated number, whether packed or alone. */
  void each(int type, Element element) throws IOException, ImportException {
    if (wireType != BYTES) {
      expect(type);
      keep(ELEMENT);
      element.read();
      return;
    }
    long outer = enter();
    while (hasMore()) {
      keep(ELEMENT);
      element.read();
    }
    leave(outer);
  }

  /** Where a byte string lies; it is passed over. */
  Span span() throws IOException, ImportException {
    long stop = length();
    Span span = new Span(position, stop - position);
    position = stop;
    return span;
  }

  /** Passes over the field's value. */
  void skip() throws IOException, ImportException {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> advance(8);
      case BYTES -> position = length();
      case FIXED32 -> advance(4);
      default -> throw damaged("wire type " + wireType + " is not of this format");
    }
  }

  /** Takes from what may be kept of the file. */
  void keep(long bytes) throws ImportException {
    allowance -= bytes;
    if (allowance < 0) {
      throw ImportException.tooLarge("the ONNX graph without its weights is too large");
    }
  }

  void expect(int type) throws ImportException {
    if (wireType != type) {
      throw damaged("expected wire type %d, got %d".formatted(type, wireType));
    }
  }

  float float32() throws IOException, ImportException {
    return Float.intBitsToFloat((int) fixed(4));
  }

  long fixed(int width) throws IOException, ImportException {
    fill(width);
    position += width;
    return width == 4 ? window.getInt() : window.getLong();
  }

  long varint() throws IOException, ImportException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      fill(1);
      position++;
      byte next = window.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw damaged("an integer has more than ten bytes");
  }

  /** Where the byte string ends whose length comes next. */
  private long length() throws IOException, ImportException {
    expect(BYTES);
    long length = varint();
    if (length < 0 || length > end - position) {
      throw damaged(
          "%s bytes are claimed, %d are left"
              .formatted(Long.toUnsignedString(length), end - position));
    }
    return position + length;
  }

  private void advance(int bytes) throws ImportException {
    if (bytes > end - position) {
      throw damaged("a number is cut off");
    }
    position += bytes;
  }

  /** Makes the window hold some bytes from the position on. */
  private void fill(int bytes) throws IOException, ImportException {
    if (bytes > end - position) {
      throw damaged("a field is cut off");
    }
    long windowEnd = windowStart + window.limit();
    if (position < windowStart || position + bytes > windowEnd) {
      window.clear().limit((int) Math.min(WINDOW, channel.size() - position));
      windowStart = position;
      read(channel, position, window);
    }
    window.position((int) (position - windowStart));
  }

  /** Fills a buffer from a place in a file, and flips it. */
  static void read(FileChannel channel, long position, ByteBuffer target)
      throws IOException, ImportException {
    while (target.hasRemaining()) {
      if (channel.read(target, position + target.position()) < 0) {
        throw ImportException.malformed("the file ended early");
      }
    }
    target.flip();
  }

  private ImportException damaged(String detail) {
    return ImportException.malformed(
        "not a sound ONNX file, at byte %d: %s".formatted(position, detail));
  }
}
