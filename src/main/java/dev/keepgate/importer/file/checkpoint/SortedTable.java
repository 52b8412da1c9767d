package dev.keepgate.importer.file.checkpoint;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.keepgate.importer.ImportException;
import java.io.IOException;
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
    void entry(String key, ByteBuffer value) throws IOException, ImportException;
  }

  private final byte[] bytes;

  /**
   * @param bytes of the whole file
   */
  SortedTable(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Whether the last bytes of a file are those of a table. */
  static boolean isFooter(ByteBuffer footer) {
    return footer.remaining() >= Long.BYTES
        && footer.order(ByteOrder.LITTLE_ENDIAN).getLong(footer.limit() - Long.BYTES) == MAGIC;
  }

  /**
   * Visits all entries; each block once, so that the work is no more than the file is long.
   *
   * @throws ImportException if the table is damaged, or a value that the visitor reads
   */
  void visit(Visitor visitor) throws IOException, ImportException {
    int end = bytes.length - FOOTER_BYTES;
    if (end < 0 || !isFooter(ByteBuffer.wrap(bytes))) {
      throw ImportException.malformed("the checkpoint's index lacks its footer");
    }
    try {
      CodedInputStream footer = CodedInputStream.newInstance(bytes, end, FOOTER_BYTES);
      footer.readRawVarint64();
      footer.readRawVarint64();
      visitBlocks(block(footer), visitor);
    } catch (InvalidProtocolBufferException e) {
      throw ImportException.malformed("the checkpoint's index is broken: " + e.getMessage());
    }
  }

  private void visitBlocks(ByteBuffer index, Visitor visitor) throws IOException, ImportException {
    long[] visited = {0};
    visitBlock(
        index,
        (key, handle) -> {
          ByteBuffer block = block(CodedInputStream.newInstance(handle));
          visited[0] += block.limit();
          if (visited[0] > bytes.length) {
            throw ImportException.malformed("the checkpoint's index lists a block twice");
          }
          visitBlock(block, visitor);
        });
  }

  private ByteBuffer block(CodedInputStream handle) throws IOException, ImportException {
    long offset = handle.readRawVarint64();
    long size = handle.readRawVarint64();
    if (offset < 0
        || size < 0
        || size > bytes.length
        || offset > bytes.length - size - TRAILER_BYTES) {
      throw ImportException.malformed("the checkpoint's index has a block outside of the file");
    }
    ByteBuffer block = ByteBuffer.wrap(bytes, (int) offset, (int) size + TRAILER_BYTES).slice();
    block.order(ByteOrder.LITTLE_ENDIAN);
    int type = block.get((int) size);
    CRC32C crc = new CRC32C();
    crc.update(block.duplicate().limit((int) size + 1));
    if (MaskedCrc.of(crc) != block.getInt((int) size + 1)) {
      throw ImportException.malformed("a block of the checkpoint's index has a wrong checksum");
    }
    if (type != 0) {
      throw ImportException.unsupported("index", "is compressed; TensorFlow writes it plain");
    }
    return block.limit((int) size);
  }

  /** Entries, each with as much of its key as differs from the one before, then restart points. */
  private static void visitBlock(ByteBuffer block, Visitor visitor)
      throws IOException, ImportException {
    int size = block.limit();
    if (size < Integer.BYTES) {
      throw ImportException.malformed("a block of the checkpoint's index is too short");
    }
    long restarts = block.getInt(size - Integer.BYTES) & 0xffffffffL;
    if (restarts > size / Integer.BYTES - 1) {
      throw ImportException.malformed("a block of the checkpoint's index has no room for its ends");
    }
    int end = (int) (size - Integer.BYTES * (restarts + 1));
    CodedInputStream entries = CodedInputStream.newInstance(block.slice(0, end));
    byte[] key = {};
    while (!entries.isAtEnd()) {
      long shared = entries.readRawVarint64();
      long added = entries.readRawVarint64();
      long length = entries.readRawVarint64();
      int left = end - entries.getTotalBytesRead();
      if (shared < 0
          || shared > key.length
          || added < 0
          || added > Math.min(left, MAX_KEY_BYTES - shared)
          || length < 0
          || length > left - added) {
        throw ImportException.malformed("an entry of the checkpoint's index is broken");
      }
      key = Arrays.copyOf(key, (int) (shared + added));
      System.arraycopy(entries.readRawBytes((int) added), 0, key, (int) shared, (int) added);
      ByteBuffer value = block.slice(entries.getTotalBytesRead(), (int) length);
      entries.skipRawBytes((int) length);
      visitor.entry(new String(key, StandardCharsets.UTF_8), value);
    }
  }
}
