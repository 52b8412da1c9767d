package dev.keepgate.api.http;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Arrays;
import org.springframework.http.HttpHeaders;

/**
 * A body that ends in an error where its limit is passed: at once where the client says how long it
 * is, and on the way where it does not.
 */
public final class BodyLimit extends ServletInputStream {

  private static final String IDENTITY = "identity";

  /** Bytes to make room for before any has come. */
  private static final int FIRST = 1 << 18;

  private final ServletInputStream body;
  private final long limit;
  private final long announced;
  private long read;

  private BodyLimit(ServletInputStream body, long limit, long announced) {
    this.body = body;
    this.limit = limit;
    this.announced = announced;
  }

  /**
   * The request's body, of at most so many bytes, which stand for themselves.
   *
   * @throws BodyTooLargeException if the client announces more
   * @throws UnsupportedCodingException if the client says that it is packed
   */
  public static BodyLimit of(HttpServletRequest request, long limit) throws IOException {
    String coding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    if (coding != null && !coding.equalsIgnoreCase(IDENTITY)) {
      throw new UnsupportedCodingException(coding, IDENTITY);
    }
    return ofPacked(request, limit);
  }

  /**
   * The request's body as it comes, of at most so many bytes.
   *
   * @throws BodyTooLargeException if the client announces more
   */
  public static BodyLimit ofPacked(HttpServletRequest request, long limit) throws IOException {
    if (request.getContentLengthLong() > limit) {
      throw new BodyTooLargeException(limit);
    }
    return new BodyLimit(request.getInputStream(), limit, request.getContentLengthLong());
  }

  @Override
  public int read() throws IOException {
    int value = body.read();
    count(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int count = body.read(buffer, offset, length);
    count(Math.max(count, 0));
    return count;
  }

  private void count(int bytes) throws BodyTooLargeException {
    read += bytes;
    if (read > limit) {
      throw new BodyTooLargeException(limit);
    }
  }

  /** All of it, in an array that grows with what comes and not with what was announced. */
  @Override
  public byte[] readAllBytes() throws IOException {
    byte[] bytes = new byte[(int) Math.min(announced < 0 ? FIRST : announced, FIRST)];
    int size = 0;
    for (int count = 0; count >= 0; count = read(bytes, size, bytes.length - size)) {
      size += count;
      if (size == bytes.length && size < announced) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(announced, 2L * size));
      } else if (size == bytes.length && announced < 0) {
        bytes = Arrays.copyOf(bytes, Math.multiplyExact(size, 2));
      } else if (size == announced) {
        break;
      }
    }
    return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
  }

  @Override
  public boolean isFinished() {
    return body.isFinished();
  }

  @Override
  public boolean isReady() {
    return body.isReady();
  }

  @Override
  public void setReadListener(ReadListener listener) {
    body.setReadListener(listener);
  }
}
