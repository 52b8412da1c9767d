package dev.keepgate.api.rest;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * An upload's body that ends in an error where too little of it comes. Only the time that is spent
 * waiting for the client counts, not that of writing to the disk.
 */
final class SlowUpload extends FilterInputStream {

  private final long timeoutNanos;
  private final long minProgress;
  private long waitedNanos;
  private long came;

  /**
   * @param minProgress bytes that have to come within each timeout
   */
  SlowUpload(InputStream body, Duration timeout, long minProgress) {
    super(body);
    this.timeoutNanos = timeout.toNanos();
    this.minProgress = minProgress;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    long begun = System.nanoTime();
    int count;
    try {
      count = in.read(buffer, offset, length);
    } catch (IOException e) {
      if (e instanceof SocketTimeoutException || e.getCause() instanceof SocketTimeoutException) {
        throw tooSlow();
      }
      throw e;
    }
    waitedNanos += System.nanoTime() - begun;
    came += Math.max(count, 0);
    if (count >= 0 && waitedNanos >= timeoutNanos) {
      if (came < minProgress) {
        throw tooSlow();
      }
      waitedNanos = 0;
      came = 0;
    }
    return count;
  }

  private ResponseStatusException tooSlow() {
    return new ResponseStatusException(
        HttpStatus.REQUEST_TIMEOUT,
        "the upload came too slowly: at least %,d bytes have to come every %,d ms"
            .formatted(minProgress, timeoutNanos / 1_000_000));
  }
}
