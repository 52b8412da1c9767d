package dev.keepgate.importer.file.pickle;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.XZInputStream;

/** How joblib compresses what it dumps, told by the first bytes. */
enum Compression {
  NONE(""),
  ZLIB("78"),
  GZIP("1f8b"),
  BZ2("425a68"),
  XZ("fd377a585a00"),
  LZMA("5d0000"),
  LZ4("04224d18");

  /** What the presets of xz up to 9 need. */
  private static final int MAX_MEMORY_KIB = 70 << 10;

  /** A character a byte. */
  private final String magic;

  Compression(String magic) {
    this.magic = new String(HexFormat.of().parseHex(magic), StandardCharsets.ISO_8859_1);
  }

  static Compression of(byte[] file) {
    for (Compression compression : values()) {
      if (compression != NONE && compression.begins(file)) {
        return compression;
      }
    }
    return NONE;
  }

  private boolean begins(byte[] file) {
    int length = magic.length();
    if (file.length <= length
        || !new String(file, 0, length, StandardCharsets.ISO_8859_1).equals(magic)) {
      return false;
    }
    // zlib's second byte makes the first two a multiple of 31.
    return this != ZLIB || (0x7800 | (file[1] & 0xff)) % 31 == 0;
  }

  String method() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The bytes as they unpack, no faster than they are read. */
  InputStream open(byte[] file) throws IOException {
    InputStream in = new ByteArrayInputStream(file);
    return switch (this) {
      case NONE -> in;
      case ZLIB -> new InflaterInputStream(in);
      case GZIP -> new GZIPInputStream(in);
      case BZ2 -> new BZip2CompressorInputStream(in, true);
      case XZ -> new XZInputStream(in, MAX_MEMORY_KIB);
      case LZMA -> new LZMAInputStream(in, MAX_MEMORY_KIB);
      case LZ4 -> new FramedLZ4CompressorInputStream(in, true);
    };
  }
}
