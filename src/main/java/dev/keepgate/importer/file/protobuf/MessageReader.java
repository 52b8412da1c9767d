package dev.keepgate.importer.file.protobuf;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Walks over the fields of protocol buffer messages. Nothing is copied but what is asked for, and
 * all of that within a bound; large byte strings are only located.
 *
 * <p>Damaged bytes end in an {@link InvalidProtocolBufferException}.
 */
public final class MessageReader {

  /** What a number costs in memory, in a list. */
  private static final int ELEMENT = 32;

  private static final int BUFFER = 1 << 16;

  private final CodedInputStream in;
  private long allowance;
  private int tag;

  /**
   * Where a byte string lies in the file.
   *
   * @param begin counted in bytes from the file's start
   * @param length in bytes
   */
  public record Span(int begin, int length) {}

  /** Reads one field of a message, or skips it. */
  @FunctionalInterface
  public interface FieldReader {
    void read(int number) throws IOException, ImportException;
  }

  /** Reads one value. */
  @FunctionalInterface
  public interface Element {
    void read() throws IOException, ImportException;
  }

  private MessageReader(CodedInputStream in, int size, long allowance)
      throws InvalidProtocolBufferException {
    this.in = in;
    this.allowance = allowance;
    in.pushLimit(size);
  }

  /** Reads a message that is in memory. */
  public static MessageReader of(ByteBuffer bytes) throws InvalidProtocolBufferException {
    int size = bytes.remaining();
    return new MessageReader(CodedInputStream.newInstance(bytes), size, size);
  }

  /**
   * Reads a message that is a whole file, of which the first two GiB count.
   *
   * @param file from its start; what is passed over in it is skipped
   * @param size of the file, in bytes
   * @param allowance how many bytes may be kept of it
   */
  public static MessageReader of(InputStream file, long size, long allowance)
      throws InvalidProtocolBufferException {
    return new MessageReader(
        CodedInputStream.newInstance(file, BUFFER),
        (int) Math.min(size, Integer.MAX_VALUE),
        allowance);
  }

  /** Goes to the message's next field, whose value is to be read or skipped; false at its end. */
  public boolean next() throws IOException {
    tag = in.readTag();
    return tag != 0;
  }

  /** Number of the field. */
  public int number() {
    return WireFormat.getTagFieldNumber(tag);
  }

  /** How the field's value is written, one of {@link WireFormat}'s types. */
  public int wireType() {
    return WireFormat.getTagWireType(tag);
  }

  /** Position in the bytes, for errors. */
  public int position() {
    return in.getTotalBytesRead();
  }

  /** Reads the fields of the message itself. */
  public void fields(FieldReader reader) throws IOException, ImportException {
    while (next()) {
      reader.read(number());
    }
  }

  /** Reads the fields of the message that the field holds. */
  public void message(FieldReader reader) throws IOException, ImportException {
    int outer = in.pushLimit(length());
    fields(reader);
    in.popLimit(outer);
  }

  /** An integer of variable length. */
  public long integer() throws IOException {
    expect(WireFormat.WIRETYPE_VARINT);
    return varint();
  }

  /** An integer of four bytes. */
  public int fixed32() throws IOException {
    expect(WireFormat.WIRETYPE_FIXED32);
    return in.readRawLittleEndian32();
  }

  /** A string of UTF-8. */
  public String string() throws IOException, ImportException {
    int length = length();
    keep(length);
    return new String(in.readRawBytes(length), StandardCharsets.UTF_8);
  }

  /** Reads a repeated number, whether packed or alone. */
  public void each(int type, Element element) throws IOException, ImportException {
    if (wireType() != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      expect(type);
      keep(ELEMENT);
      element.read();
      return;
    }
    int outer = in.pushLimit(length());
    while (!in.isAtEnd()) {
      keep(ELEMENT);
      element.read();
    }
    in.popLimit(outer);
  }

  /** An element of {@link #each}: an integer of variable length. */
  public long varint() throws IOException {
    return in.readRawVarint64();
  }

  /** An element of {@link #each}: the bits of four or eight bytes, little-endian. */
  public long fixed(int width) throws IOException {
    return width == Integer.BYTES ? in.readRawLittleEndian32() : in.readRawLittleEndian64();
  }

  /** Where a byte string lies; it is passed over. */
  public Span span() throws IOException {
    int length = length();
    Span span = new Span(position(), length);
    in.skipRawBytes(length);
    return span;
  }

  /** Passes over the field's value. */
  public void skip() throws IOException {
    switch (wireType()) {
      case WireFormat.WIRETYPE_LENGTH_DELIMITED -> in.skipRawBytes(length());
      case WireFormat.WIRETYPE_START_GROUP, WireFormat.WIRETYPE_END_GROUP ->
          throw new InvalidProtocolBufferException("field %d is a group".formatted(number()));
      default -> in.skipField(tag);
    }
  }

  /**
   * Takes from what may be kept of the message.
   *
   * @throws ImportException if nothing is left
   */
  public void keep(long bytes) throws ImportException {
    allowance -= bytes;
    if (allowance < 0) {
      throw ImportException.tooLarge("the graph without its weights is too large");
    }
  }

  private void expect(int type) throws InvalidProtocolBufferException {
    if (wireType() != type) {
      throw new InvalidProtocolBufferException(
          "field %d has wire type %d, not %d".formatted(number(), wireType(), type));
    }
  }

  /** Length of the field's value, of which as many bytes are left. */
  private int length() throws IOException {
    expect(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    int length = in.readRawVarint32();
    if (length < 0 || length > in.getBytesUntilLimit()) {
      throw new InvalidProtocolBufferException(
          "%s bytes are claimed, %d are left"
              .formatted(Integer.toUnsignedString(length), in.getBytesUntilLimit()));
    }
    return length;
  }
}
