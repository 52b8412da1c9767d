package dev.keepgate.tensor;

import java.util.Arrays;

/** Numbers in rows and columns: a shape, and its numbers row-major. */
public sealed interface Tensor {

  int[] shape();

  /** Real numbers. */
  record Floats(int[] shape, float[] values) implements Tensor {
    public Floats {
      Tensor.checkCount(shape, values.length);
    }

    public static Floats of(float[] values, int... shape) {
      return new Floats(shape, values);
    }
  }

  /** Whole numbers. */
  record Ints(int[] shape, int[] values) implements Tensor {
    public Ints {
      Tensor.checkCount(shape, values.length);
    }
  }

  default int rank() {
    return shape().length;
  }

  private static void checkCount(int[] shape, int length) {
    if (length != count(shape)) {
      throw new IllegalArgumentException(
          "a tensor of shape %s needs %d numbers, got %d"
              .formatted(Arrays.toString(shape), count(shape), length));
    }
  }

  /** How many numbers a shape has. */
  static long count(int... shape) {
    long count = 1;
    for (int size : shape) {
      count = Math.multiplyExact(count, size);
    }
    return count;
  }
}
