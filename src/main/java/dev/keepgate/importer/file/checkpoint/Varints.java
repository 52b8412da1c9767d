package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import java.nio.ByteBuffer;

/** Integers of variable length, seven bits a byte, as LevelDB and protocol buffers have them. */
final class Varints {

  private Varints() {}

  static long read(ByteBuffer in) throws ImportException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE && in.hasRemaining(); shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw ImportException.malformed("the checkpoint's index has a broken integer");
  }

  /** A length, of which as many bytes must be left. */
  static int readLength(ByteBuffer in) throws ImportException {
    long length = read(in);
    if (length < 0 || length > in.remaining()) {
      throw ImportException.malformed(
          "the checkpoint's index claims %s bytes where %d are left"
              .formatted(Long.toUnsignedString(length), in.remaining()));
    }
    return (int) length;
  }

  /** Bytes after their length. */
  static ByteBuffer readBytes(ByteBuffer in) throws ImportException {
    int length = readLength(in);
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    return bytes;
  }
}
