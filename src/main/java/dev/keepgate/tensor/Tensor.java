package dev.keepgate.tensor;

import java.util.Arrays;
import java.util.List;

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

  /** Real numbers in double precision, as a client sent them. */
  record Doubles(int[] shape, double[] values) implements Tensor {
    public Doubles {
      Tensor.checkCount(shape, values.length);
    }
  }

  /** Whole numbers. */
  record Ints(int[] shape, int[] values) implements Tensor {
    public Ints {
      Tensor.checkCount(shape, values.length);
    }
  }

  /** Some rows along the first axis, in that order. */
  default Tensor rows(int... rows) {
    int[] shape = shape().clone();
    int width = Math.toIntExact(count(shape) / Math.max(shape[0], 1));
    shape[0] = rows.length;
    if (this instanceof Ints ints) {
      int[] taken = new int[rows.length * width];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(ints.values, rows[i] * width, taken, i * width, width);
      }
      return new Ints(shape, taken);
    }
    float[] taken = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(((Floats) this).values, rows[i] * width, taken, i * width, width);
    }
    return new Floats(shape, taken);
  }

  /** The first parts along the second axis of a tensor [rows, steps, ...]. */
  default Tensor steps(int count) {
    int[] shape = shape().clone();
    int width = Math.toIntExact(count(Arrays.copyOfRange(shape, 2, shape.length)));
    int from = shape[1] * width;
    int to = count * width;
    shape[1] = count;
    if (this instanceof Ints ints) {
      int[] taken = new int[shape[0] * to];
      for (int row = 0; row < shape[0]; row++) {
        System.arraycopy(ints.values, row * from, taken, row * to, to);
      }
      return new Ints(shape, taken);
    }
    float[] taken = new float[shape[0] * to];
    for (int row = 0; row < shape[0]; row++) {
      System.arraycopy(((Floats) this).values, row * from, taken, row * to, to);
    }
    return new Floats(shape, taken);
  }

  /** Tensors of one kind and width, one after the other along the first axis. */
  static Tensor joined(List<? extends Tensor> parts) {
    int[] shape = parts.get(0).shape().clone();
    shape[0] = parts.stream().mapToInt(part -> part.shape()[0]).sum();
    int count = Math.toIntExact(count(shape));
    int end = 0;
    if (parts.get(0) instanceof Ints) {
      int[] values = new int[count];
      for (Tensor part : parts) {
        int[] own = ((Ints) part).values;
        System.arraycopy(own, 0, values, end, own.length);
        end += own.length;
      }
      return new Ints(shape, values);
    }
    float[] values = new float[count];
    for (Tensor part : parts) {
      float[] own = ((Floats) part).values;
      System.arraycopy(own, 0, values, end, own.length);
      end += own.length;
    }
    return new Floats(shape, values);
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
