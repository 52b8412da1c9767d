package dev.keepgate.importer.file.parts;

import dev.keepgate.importer.file.archive.BoundedInput;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * The first bytes of a file.
 *
 * @param bytes no more than a few thousand
 * @param size of the whole file
 */
record FileStart(byte[] bytes, long size) {

  private static final int LENGTH = 1 << 13;
  private static final int TAR_MAGIC = 257;

  static FileStart of(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return new FileStart(in.readNBytes(LENGTH), Files.size(path));
    }
  }

  /** One byte, unsigned; -1 behind the end. */
  int at(int index) {
    return index < bytes.length ? bytes[index] & 0xff : -1;
  }

  /** Each byte a character. */
  String text() {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  boolean has(String magic, int offset) {
    return text().startsWith(magic, offset);
  }

  boolean has(String magic) {
    return has(magic, 0);
  }

  boolean isZip() {
    return has("PK\003\004") || has("PK\005\006");
  }

  boolean isGzip() {
    return at(0) == 0x1f && at(1) == 0x8b;
  }

  /** Whether it is a tar, plain or with gzip. */
  boolean isTar() {
    return has("ustar", TAR_MAGIC) || (isGzip() && unpacked().has("ustar", TAR_MAGIC));
  }

  /** The first bytes of what is in a gzip; empty where it is damaged. */
  FileStart unpacked() {
    try (InputStream in =
        new BoundedInput(
            new GZIPInputStream(new BufferedInputStream(new ByteArrayInputStream(bytes))),
            1 << 20)) {
      byte[] start = new byte[LENGTH];
      int length = 0;
      try {
        for (int next = in.read(); next >= 0 && length < LENGTH; next = in.read()) {
          start[length++] = (byte) next;
        }
      } catch (IOException e) {
        // The end of what was read of it.
      }
      return new FileStart(Arrays.copyOf(start, length), -1);
    } catch (IOException e) {
      return new FileStart(new byte[0], 0);
    }
  }

  /** Whether it has no byte that texts have not. */
  boolean isText() {
    for (byte each : bytes) {
      if ((each >= 0 && each < '\t') || (each > '\r' && each < ' ')) {
        return false;
      }
    }
    return bytes.length > 0;
  }
}
