package dev.keepgate.importer.file;

import java.util.Arrays;

/**
 * A tensor that a file holds.
 *
 * @param name as the file has it
 * @param shape its dimensions
 */
public record TensorInfo(String name, int[] shape) {

  /** How many numbers it has; the largest long where they cannot be counted. */
  public long count() {
    long count = 1;
    for (int size : shape) {
      if (size == 0) {
        return 0;
      }
      count = count > Long.MAX_VALUE / size ? Long.MAX_VALUE : count * size;
    }
    return count;
  }

  public boolean hasShape(int... expected) {
    return Arrays.equals(shape, expected);
  }

  @Override
  public String toString() {
    return name + " " + Arrays.toString(shape);
  }
}
