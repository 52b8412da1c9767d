package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The fields of a protocol buffer message, one after the other; its wire format. The few messages
 * of a checkpoint's index need no more.
 */
final class ProtoFields {

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  private final ByteBuffer in;
  private int number;
  private long value;
  private ByteBuffer bytes = EMPTY;

  ProtoFields(ByteBuffer in) {
    this.in = in;
  }

  /** Goes to the next field; false where there is none. */
  boolean next() throws ImportException {
    if (!in.hasRemaining()) {
      return false;
    }
    long tag = Varints.read(in);
    number = (int) (tag >>> 3);
    bytes = EMPTY;
    value = 0;
    switch ((int) tag & 7) {
      case 0 -> value = Varints.read(in);
      case 1 -> value = fixed(Long.BYTES).getLong(0);
      case 2 -> bytes = Varints.readBytes(in);
      case 5 -> value = fixed(Integer.BYTES).getInt(0);
      default -> throw ImportException.malformed("the checkpoint's index has a broken message");
    }
    return true;
  }

  int number() {
    return number;
  }

  /** An integer; 0 where the field is of another kind. */
  long value() {
    return value;
  }

  /** The content of a string or a message; empty where the field is of another kind. */
  ByteBuffer bytes() {
    return bytes.duplicate();
  }

  private ByteBuffer fixed(int width) throws ImportException {
    if (in.remaining() < width) {
      throw ImportException.malformed("the checkpoint's index has a broken message");
    }
    ByteBuffer fixed = in.slice(in.position(), width).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + width);
    return fixed;
  }
}
