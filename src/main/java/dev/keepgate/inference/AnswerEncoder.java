package dev.keepgate.inference;

import java.io.IOException;

/**
 * Makes a result into a protocol's bytes.
 *
 * @param <A> the result
 * @param <R> what becomes of it
 */
public interface AnswerEncoder<A, R> {

  /**
   * Bytes of memory that it takes beside the result itself.
   *
   * @param numbers how many numbers the result has
   */
  long encodedBytes(long numbers);

  R encode(A result) throws IOException;
}
