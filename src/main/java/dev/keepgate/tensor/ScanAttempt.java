package dev.keepgate.tensor;

import dev.keepgate.tensor.JsonTensorScanner.NotScannedException;
import java.util.function.Supplier;

/**
 * Reads what clients usually write with a {@link JsonTensorScanner}, and all else in full.
 *
 * @param <T> what is read
 */
@FunctionalInterface
public interface ScanAttempt<T> {

  /**
   * @param memory of the arrays that are made
   * @throws NotScannedException if it is written otherwise, or wrong
   * @throws TensorFormatException if it is wrong
   */
  T scan(ArrayMemory memory) throws NotScannedException;

  /**
   * Reads a body. One that is not scanned to its end holds nothing of the attempt's, and of several
   * things that are wrong with it the same one is told, however they were found.
   *
   * @param inFull reads it, or says what is wrong
   */
  static <T> T read(ArrayMemory memory, ScanAttempt<T> attempt, Supplier<T> inFull) {
    long[] taken = new long[1];
    ArrayMemory counted =
        bytes -> {
          memory.change(bytes);
          taken[0] += bytes;
        };
    try {
      return attempt.scan(counted);
    } catch (NotScannedException | TensorFormatException e) {
      memory.change(-taken[0]);
      return inFull.get();
    }
  }
}
