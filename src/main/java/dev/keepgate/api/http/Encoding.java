package dev.keepgate.api.http;

import dev.keepgate.memory.RequestMemory;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** The content codings (RFC 9110, 8.4.1) that clients use. */
public enum Encoding {
  GZIP,
  DEFLATE;

  private static final int BUFFER = 1 << 16;

  /** The largest array that every JVM makes, but for one. */
  private static final long LARGEST = Integer.MAX_VALUE - 9;

  /** As a header names it. */
  public String header() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The coding that a header names first; null for none that is known. */
  public static @Nullable Encoding of(@Nullable String header) {
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
   * How a request's body is packed; null where it is not.
   *
   * @throws UnsupportedCodingException if in a way that is not unpacked
   */
  public static @Nullable Encoding ofBody(HttpServletRequest request)
      throws UnsupportedCodingException {
    String coding = request.getHeader("Content-Encoding");
    if (coding == null || coding.equalsIgnoreCase("identity")) {
      return null;
    }
    Encoding encoding = coding.indexOf(',') < 0 ? of(coding) : null;
    if (encoding == null) {
      throw new UnsupportedCodingException(coding, "gzip, deflate, identity");
    }
    return encoding;
  }

  /** What is read of a body as it comes, which may be without an end. */
  public InputStream stream(InputStream packed) throws IOException {
    return this == GZIP ? new GZIPInputStream(packed, BUFFER) : new InflaterInputStream(packed);
  }

  /** What packed bytes are answered that are none. */
  public TensorFormatException fault() {
    return new TensorFormatException("", "the body is no " + header() + ", or not all of one");
  }

  /**
   * What a body stands for, which is let go.
   *
   * @param memory that holds the body's bytes
   * @throws BodyTooLargeException if that is more than the limit: nothing beyond it is unpacked
   * @throws TensorFormatException if it is not packed so
   */
  Body unpack(Body packed, long limit, RequestMemory memory) throws BodyTooLargeException {
    try {
      Body plain = decode(packed, limit, memory::change);
      memory.giveBack(packed.bytes().length);
      return plain;
    } catch (BodyTooLargeException e) {
      throw e;
    } catch (ZipException | EOFException e) {
      throw fault();
    } catch (IOException e) {
      throw new IllegalStateException("bytes are unpacked without any I/O", e);
    }
  }

  /**
   * What the bytes stand for.
   *
   * @param memory of the array that is made
   * @throws BodyTooLargeException if that is more than the limit: nothing beyond it is unpacked
   */
  public Body decode(Body packed, long limit, ArrayMemory memory) throws IOException {
    ByteArrayInputStream bytes = new ByteArrayInputStream(packed.bytes(), 0, packed.size());
    try (InputStream in = stream(bytes)) {
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
  public OutputStream encode(OutputStream out) throws IOException {
    return this == GZIP ? new GZIPOutputStream(out, BUFFER) : new DeflaterOutputStream(out);
  }

  /** Packs bytes. */
  public byte[] encode(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream(bytes.length / 2);
    try (OutputStream out = encode(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }
}
