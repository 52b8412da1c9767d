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

    /** Numbers of parts, one part after the other. */
    public static Floats stacked(float[][] parts, int... shape) {
      if (parts.length == 1) {
        return new Floats(shape, parts[0]);
      }
      float[] values = new float[Math.toIntExact(count(shape))];
      int end = 0;
      for (float[] part : parts) {
        System.arraycopy(part, 0, values, end, part.length);
        end += part.length;
      }
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

  /** How many numbers a shape has; the largest long where they cannot be counted. */
  static long count(int... shape) {
    long count = 1;
    for (int size : shape) {
      if (size == 0) {
        return 0;
      }
      count = count > Long.MAX_VALUE / size ? Long.MAX_VALUE : count * size;
    }
    return count;
  }
}
