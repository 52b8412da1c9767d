package dev.keepgate.importer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Makes the checksums of a damaged checkpoint's index right again. */
final class SortedTableChecksums {

  private static final int FOOTER_BYTES = 48;
  private static final int CHECKSUM_BYTES = 4;

  private SortedTableChecksums() {}

  /**
   * Writes them where the whole file has its three blocks: the entries, which come first, one of no
   * use, and the index.
   */
  static void repair(byte[] whole, byte[] damaged) {
    ByteBuffer footer = ByteBuffer.wrap(whole, whole.length - FOOTER_BYTES, FOOTER_BYTES);
    int unusedOffset = varint(footer);
    int unusedSize = varint(footer);
    int indexOffset = varint(footer);
    int indexSize = varint(footer);
    repair(damaged, 0, unusedOffset - CHECKSUM_BYTES);
    repair(damaged, unusedOffset, unusedOffset + unusedSize + 1);
    repair(damaged, indexOffset, indexOffset + indexSize + 1);
  }

  private static void repair(byte[] bytes, int from, int to) {
    if (to + CHECKSUM_BYTES <= bytes.length) {
      CRC32C crc = new CRC32C();
      crc.update(bytes, from, to - from);
      int masked = Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(to, masked);
    }
  }

  private static int varint(ByteBuffer in) {
    int value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
