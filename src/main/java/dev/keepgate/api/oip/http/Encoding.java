package dev.keepgate.api.oip.http;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.http.BodyTooLargeException;
import dev.keepgate.tensor.ArrayMemory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
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

  /** The largest array that every JVM makes, but for one. */
  private static final long LARGEST = Integer.MAX_VALUE - 9;

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
   * @param memory of the array that is made
   * @throws BodyTooLargeException if that is more than the limit: nothing beyond it is unpacked
   */
  Body decode(Body packed, long limit, ArrayMemory memory) throws IOException {
    ByteArrayInputStream bytes = new ByteArrayInputStream(packed.bytes(), 0, packed.size());
    try (InputStream in =
        this == GZIP ? new GZIPInputStream(bytes, BUFFER) : new InflaterInputStream(bytes)) {
      int room = Math.max(BUFFER, packed.size());
      memory.change(room);
      byte[] plain = new byte[room];
      int size = 0;
      for (int count = 0; count >= 0; count = in.read(plain, size, plain.length - size)) {
        size += count;
        if (size > limit) {
          throw new BodyTooLargeException(limit);
        }
        if (size == plain.length) {
          room = (int) Math.min(Math.min(limit, LARGEST) + 1, 2L * size);
          memory.change(room);
          plain = Arrays.copyOf(plain, room);
          memory.change(-size);
        }
      }
      return new Body(plain, size);
    }
  }

  /** What packs whatever is written. */
  OutputStream encode(OutputStream out) throws IOException {
    return this == GZIP ? new GZIPOutputStream(out, BUFFER) : new DeflaterOutputStream(out);
  }

  byte[] encode(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream(bytes.length / 2);
    try (OutputStream out = encode(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }
}
