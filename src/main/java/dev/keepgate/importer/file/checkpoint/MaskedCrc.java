package dev.keepgate.importer.file.checkpoint;

import java.util.zip.CRC32C;

/** A CRC-32C as LevelDB and TensorFlow store it: masked. */
final class MaskedCrc {

  private MaskedCrc() {}

  /**
   * The stored form of a checksum, rotated and moved so that a checksum of bytes that hold one is
   * no different from any other; LevelDB's {@code crc32c::Mask}.
   */
  static int of(CRC32C crc) {
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }
}
