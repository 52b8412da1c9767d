package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Bytes of a pickle, little-endian, no more of them than are allowed. */
public final class PickleInput {

  private static final int MAX_LINE = 1 << 10;

  private final InputStream in;
  private final long limit;
  private long position;

  /**
   * @param in buffered
   * @param limit how many bytes may be read
   */
  public PickleInput(InputStream in, long limit) {
    this.in = in;
    this.limit = limit;
  }

  /** How many bytes were read. */
  public long position() {
    return position;
  }

  public int unsignedByte() throws IOException, ImportException {
    take(1);
    int value = in.read();
    if (value < 0) {
      throw new EOFException("the pickle ended early");
    }
    return value;
  }

  int unsignedShort() throws IOException, ImportException {
    return unsignedByte() | unsignedByte() << 8;
  }

  int integer() throws IOException, ImportException {
    return unsignedShort() | unsignedShort() << 16;
  }

  long longInteger() throws IOException, ImportException {
    return (integer() & 0xffffffffL) | (long) integer() << 32;
  }

  double bigEndianDouble() throws IOException, ImportException {
    return ByteBuffer.wrap(bytes(8)).order(ByteOrder.BIG_ENDIAN).getDouble();
  }

  public byte[] bytes(long count) throws IOException, ImportException {
    take(count);
    // Grows as it reads: a length that the file merely claims is not allocated.
    byte[] bytes = in.readNBytes((int) count);
    if (bytes.length < count) {
      throw new EOFException("the pickle ended early");
    }
    return bytes;
  }

  String string(long count) throws IOException, ImportException {
    return new String(bytes(count), StandardCharsets.UTF_8);
  }

  /** A line without its end: a name or a number. */
  String line() throws IOException, ImportException {
    return line(MAX_LINE);
  }

  /** A line without its end, in which each character stands for a byte. */
  String line(int max) throws IOException, ImportException {
    StringBuilder line = new StringBuilder();
    for (int next = unsignedByte(); next != '\n'; next = unsignedByte()) {
      if (line.length() == max) {
        throw ImportException.malformed("the pickle has a line longer than " + max);
      }
      line.append((char) next);
    }
    return line.toString();
  }

  private void take(long count) throws ImportException {
    if (count < 0 || count > limit - position) {
      throw ImportException.tooLarge("the pickle takes more than %d bytes".formatted(limit));
    }
    position += count;
  }
}
