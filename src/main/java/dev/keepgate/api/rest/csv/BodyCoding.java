package dev.keepgate.api.rest.csv;

import dev.keepgate.api.http.UnsupportedCodingException;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Unpacks a body as it comes (RFC 9110, 8.4). */
final class BodyCoding {

  private static final String IDENTITY = "identity";
  private static final String GZIP = "gzip";
  private static final int BUFFER = 1 << 13;

  private BodyCoding() {}

  /**
   * Refuses what is packed otherwise.
   *
   * @throws UnsupportedCodingException if it is
   */
  static void requireKnown(HttpServletRequest request) throws UnsupportedCodingException {
    String coding = coding(request);
    if (coding != null && !coding.equals(IDENTITY) && !coding.equals(GZIP)) {
      throw new UnsupportedCodingException(coding, GZIP);
    }
  }

  private static @Nullable String coding(HttpServletRequest request) {
    String coding = request.getHeader("Content-Encoding");
    return coding == null ? null : coding.strip().toLowerCase(Locale.ROOT);
  }

  /** What the body stands for. */
  static InputStream plain(InputStream body, HttpServletRequest request) throws IOException {
    if (!GZIP.equals(coding(request))) {
      return body;
    }
    try {
      return new Unpacked(new GZIPInputStream(new Members(body), BUFFER));
    } catch (EOFException | ZipException e) {
      throw noGzip();
    }
  }

  private static TensorFormatException noGzip() {
    return new TensorFormatException("", "the body is no gzip, or not all of one");
  }

  /** Tells what is no gzip, of which the client's connection knows nothing. */
  private static final class Unpacked extends FilterInputStream {

    Unpacked(InputStream gzip) {
      super(gzip);
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      try {
        return in.read(to, offset, length);
      } catch (EOFException | ZipException e) {
        throw noGzip();
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
