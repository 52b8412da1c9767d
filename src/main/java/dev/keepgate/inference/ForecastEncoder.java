package dev.keepgate.inference;

import java.io.IOException;

/**
 * Makes a forecast into a protocol's bytes.
 *
 * @param <R> what becomes of it
 */
public interface ForecastEncoder<R> {

  /**
   * Bytes of memory that it takes beside the forecast itself.
   *
   * @param numbers how many numbers the forecast has
   */
  long encodedBytes(long numbers);

  R encode(ForecastResult result) throws IOException;
}
