package dev.keepgate.inference;

import java.io.IOException;

/**
 * The answer of a request that was let in and read, and is computed or about to be.
 *
 * @param <R> what answers it
 */
public final class PendingAnswer<R> {

  private final Computation.Started started;
  private final Encoding<R> encoding;

  /** Makes the result into what answers it. */
  interface Encoding<R> {
    R encode(InferenceResult result) throws IOException;
  }

  PendingAnswer(Computation.Started started, Encoding<R> encoding) {
    this.started = started;
    this.encoding = encoding;
  }

  /** Whether {@link #answer} has nothing to wait for. */
  public boolean isDone() {
    return started.isDone();
  }

  /**
   * Waits for the result, and encodes it; once.
   *
   * @throws InferenceException if there is no result
   * @throws IOException if the answer is not taken
   */
  public R answer() throws IOException {
    return encoding.encode(started.result());
  }
}
