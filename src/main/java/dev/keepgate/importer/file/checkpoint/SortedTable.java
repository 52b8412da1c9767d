package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A sorted table of keys and values, LevelDB's table format as TensorFlow's {@code
 * lib/io/format.cc} has it: blocks, the last of them an index of the others, found by a footer.
 */
final class SortedTable {

  static final int FOOTER_BYTES = 48;
  private static final long MAGIC = 0xdb4775248b80fb57L;
  private static final int TRAILER_BYTES = 5;
  private static final int MAX_KEY_BYTES = 1 << 12;

  /** Takes the entries in order. */
  interface Visitor {
    void entry(String key, ByteBuffer value) throws ImportException;
  }

  private final ByteBuffer bytes;

  /**
   * @param bytes of the whole file
   */
  SortedTable(byte[] bytes) {
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asReadOnlyBuffer();
    this.bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Whether the last bytes of a file are those of a table. */
  static boolean isFooter(ByteBuffer footer) {
    return footer.remaining() >= Long.BYTES
        && footer.order(ByteOrder.LITTLE_ENDIAN).getLong(footer.limit() - Long.BYTES) == MAGIC;
  }

  /** Visits all entries; each block once, so that the work is no more than the file is long. */
  void visit(Visitor visitor) throws ImportException {
    if (bytes.limit() < FOOTER_BYTES || !isFooter(bytes.duplicate())) {
      throw ImportException.malformed("the checkpoint's index lacks its footer");
    }
    ByteBuffer footer = bytes.slice(bytes.limit() - FOOTER_BYTES, FOOTER_BYTES);
    Varints.read(footer);
    Varints.read(footer);
    long[] visited = {0};
    visitBlock(
        block(footer),
        (key, handle) -> {
          ByteBuffer block = block(handle);
          visited[0] += block.limit();
          if (visited[0] > bytes.limit()) {
            throw ImportException.malformed("the checkpoint's index lists a block twice");
          }
          visitBlock(block, visitor);
        });
  }

  private ByteBuffer block(ByteBuffer handle) throws ImportException {
    long offset = Varints.read(handle);
    long size = Varints.read(handle);
    if (offset < 0 || size < 0 || size > bytes.limit() || offset > bytes.limit() - size - 5) {
      throw ImportException.malformed("the checkpoint's index has a block outside of the file");
    }
    ByteBuffer block = bytes.slice((int) offset, (int) size + TRAILER_BYTES);
    block.order(ByteOrder.LITTLE_ENDIAN);
    int type = block.get((int) size);
    CRC32C crc = new CRC32C();
    crc.update(block.duplicate().limit((int) size + 1));
    if (Crc.mask(crc) != block.getInt((int) size + 1)) {
      throw ImportException.malformed("a block of the checkpoint's index has a wrong checksum");
    }
    if (type != 0) {
      throw ImportException.unsupported("index", "is compressed; TensorFlow writes it plain");
    }
    return block.limit((int) size);
  }

  /** Entries, each with as much of its key as differs from the one before, then restart points. */
  private static void visitBlock(ByteBuffer block, Visitor visitor) throws ImportException {
    int size = block.limit();
    if (size < Integer.BYTES) {
      throw ImportException.malformed("a block of the checkpoint's index is too short");
    }
    long restarts = block.getInt(size - Integer.BYTES) & 0xffffffffL;
    if (restarts > size / Integer.BYTES - 1) {
      throw ImportException.malformed("a block of the checkpoint's index has no room for its ends");
    }
    block.limit((int) (size - Integer.BYTES * (restarts + 1)));
    byte[] key = {};
    while (block.hasRemaining()) {
      long shared = Varints.read(block);
      long added = Varints.read(block);
      long length = Varints.read(block);
      if (shared < 0
          || shared > key.length
          || added < 0
          || added > Math.min(block.remaining(), MAX_KEY_BYTES - shared)
          || length < 0
          || length > block.remaining() - added) {
        throw ImportException.malformed("an entry of the checkpoint's index is broken");
      }
      key = Arrays.copyOf(key, (int) (shared + added));
      block.get(key, (int) shared, (int) added);
      ByteBuffer value = block.slice(block.position(), (int) length);
      block.position(block.position() + (int) length);
      visitor.entry(new String(key, StandardCharsets.UTF_8), value.order(ByteOrder.LITTLE_ENDIAN));
    }
  }
}
