package dev.keepgate.api.http;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;

/**
 * A body that ends in an error where its limit is passed: at once where the client says how long it
 * is, and on the way where it does not.
 */
public final class BodyLimit extends ServletInputStream {

  private final ServletInputStream body;
  private final long limit;
  private long read;

  private BodyLimit(ServletInputStream body, long limit) {
    this.body = body;
    this.limit = limit;
  }

  /**
   * The request's body, of at most so many bytes, which stand for themselves.
   *
   * @throws BodyTooLargeException if the client announces more
   * @throws UnsupportedCodingException if the client says that it is packed
   */
  public static BodyLimit of(HttpServletRequest request, long limit) throws IOException {
    BodyReader.requirePlain(request);
    if (request.getContentLengthLong() > limit) {
      throw new BodyTooLargeException(limit);
    }
    return new BodyLimit(request.getInputStream(), limit);
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
