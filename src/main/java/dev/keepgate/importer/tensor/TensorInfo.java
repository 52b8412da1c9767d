package dev.keepgate.importer.tensor;

import java.util.Arrays;

/**
 * A tensor that a file holds.
 *
 * @param name as the file has it
 * @param shape its dimensions
 */
public record TensorInfo(String name, int[] shape) {

  /** How many numbers it has. */
  public long count() {
    long count = 1;
    for (int size : shape) {
      count *= size;
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
