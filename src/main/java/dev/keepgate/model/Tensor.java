package dev.keepgate.model;

import java.util.Arrays;

/** Numbers in rows and columns: a shape, and its numbers row-major. */
public sealed interface Tensor {

  int[] shape();

  /** Real numbers. */
  record Floats(int[] shape, float[] values) implements Tensor {
    public Floats {
      Sizes.check(
          "a tensor of shape " + Arrays.toString(shape), values.length, Tensor.count(shape));
    }

    public static Floats of(float[] values, int... shape) {
      return new Floats(shape, values);
    }
  }

  /** Whole numbers. */
  record Ints(int[] shape, int[] values) implements Tensor {
    public Ints {
      Sizes.check(
          "a tensor of shape " + Arrays.toString(shape), values.length, Tensor.count(shape));
    }
  }

  default int rank() {
    return shape().length;
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
