package dev.keepgate.api.oip;

import dev.keepgate.api.http.BodyTooLargeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** The content codings (RFC 9110, 8.4.1) that the protocol's clients use. */
enum Encoding {
  GZIP,
  DEFLATE;

  private static final int BUFFER = 1 << 16;

  String header() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The coding that a header names first; null for none that is known. */
  static @Nullable Encoding of(@Nullable String header) {
    if (header == null) {
      return null;
    }
    for (String coding : header.toLowerCase(Locale.ROOT).split(",", -1)) {
      for (Encoding encoding : values()) {
        if (coding.strip().equals(encoding.header())) {
          return encoding;
        }
      }
    }
    return null;
  }

  /**
   * What the bytes stand for.
   *
   * @throws BodyTooLargeException if that is more than the limit: nothing beyond it is unpacked
   */
  byte[] decode(byte[] bytes, long limit) throws IOException {
    ByteArrayInputStream packed = new ByteArrayInputStream(bytes);
    try (InputStream in =
        this == GZIP ? new GZIPInputStream(packed, BUFFER) : new InflaterInputStream(packed)) {
      byte[] plain = in.readNBytes((int) Math.min(limit + 1, Integer.MAX_VALUE - 8));
      if (plain.length > limit) {
        throw new BodyTooLargeException(limit);
      }
      return plain;
    }
  }

  byte[] encode(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream(bytes.length / 2);
    try (OutputStream out =
        this == GZIP ? new GZIPOutputStream(packed, BUFFER) : new DeflaterOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }
}
