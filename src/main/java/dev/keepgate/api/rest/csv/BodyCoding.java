package dev.keepgate.api.rest.csv;

import dev.keepgate.api.http.Encoding;
import jakarta.servlet.http.HttpServletRequest;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.ZipException;

/** Unpacks a body as it comes (RFC 9110, 8.4). */
final class BodyCoding {

  private BodyCoding() {}

  /** What the body stands for. */
  static InputStream plain(InputStream body, HttpServletRequest request) throws IOException {
    Encoding packed = Encoding.ofBody(request);
    if (packed == null) {
      return body;
    }
    try {
      return new Unpacked(packed.stream(new Members(body)), packed);
    } catch (EOFException | ZipException e) {
      throw packed.fault();
    }
  }

  /** Tells what is not packed as it says, of which the client's connection knows nothing. */
  private static final class Unpacked extends FilterInputStream {

    private final Encoding packed;

    Unpacked(InputStream plain, Encoding packed) {
      super(plain);
      this.packed = packed;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      try {
        return in.read(to, offset, length);
      } catch (EOFException | ZipException e) {
        throw packed.fault();
      }
    }
  }

  /**
   * Says truly whether there is more. A gzip file may have several members (RFC 1952, 2.2), and the
   * JDK takes a body that has to be waited for as ended after one.
   */
  private static final class Members extends PushbackInputStream {

    Members(InputStream body) {
      super(body, 1);
    }

    @Override
    public int available() throws IOException {
      int next = read();
      if (next < 0) {
        return 0;
      }
      unread(next);
      return 1;
    }
  }
}
