package dev.keepgate.importer.file;

import dev.keepgate.tensor.DataType;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;

/**
 * A tensor that a file holds.
 *
 * @param name as the file has it
 * @param shape its dimensions
 * @param type of its numbers
 */
public record TensorInfo(String name, int[] shape, DataType type) {

  /** A tensor of 32-bit floats. */
  public TensorInfo(String name, int[] shape) {
    this(name, shape, DataType.F32);
  }

  /** How many numbers it has; the largest long where they cannot be counted. */
  public long count() {
    return Tensor.count(shape);
  }

  public boolean hasShape(int... expected) {
    return Arrays.equals(shape, expected);
  }

  @Override
  public String toString() {
    return name + " " + Arrays.toString(shape);
  }
}
