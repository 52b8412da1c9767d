package dev.keepgate.kernel.layer;

import dev.keepgate.model.TensorOperation;
import java.util.Arrays;

/** Sums of products of two tensors. */
final class Products {

  /** What Keras adds to the sum of squares before it scales to length 1. */
  private static final double LEAST_SQUARES = 1e-12;

  private Products() {}

  static Value dot(TensorOperation.Dot operation, Value a, Value b) {
    int first = operation.first() + 1;
    int second = operation.second() + 1;
    int count = a.dims()[first];
    int[] left = offsets(a, first);
    int[] right = offsets(b, second);
    float[] sums = new float[a.batch() * left.length * right.length];
    int leftStride = a.stride(first);
    int rightStride = b.stride(second);
    int to = 0;
    for (int row = 0; row < a.batch(); row++) {
      for (int from : left) {
        int i = row * a.stride(0) + from;
        double ownLength = operation.isNormalized() ? length(a, i, leftStride, count) : 1;
        for (int other : right) {
          int j = row * b.stride(0) + other;
          double sum = 0;
          for (int k = 0; k < count; k++) {
            sum += (double) a.data()[i + k * leftStride] * b.data()[j + k * rightStride];
          }
          double lengths =
              operation.isNormalized() ? ownLength * length(b, j, rightStride, count) : 1;
          sums[to++] = (float) (sum / lengths);
        }
      }
    }
    return Value.of(sums, dims(a, first, b, second));
  }

  private static int[] dims(Value a, int first, Value b, int second) {
    int[] dims = new int[Math.max(a.rank() + b.rank() - 3, 2)];
    Arrays.fill(dims, 1);
    int at = 0;
    for (int axis = 0; axis < a.rank(); axis++) {
      if (axis != first) {
        dims[at++] = a.dims()[axis];
      }
    }
    for (int axis = 1; axis < b.rank(); axis++) {
      if (axis != second) {
        dims[at++] = b.dims()[axis];
      }
    }
    return dims;
  }

  /** Where, in a row, each vector along an axis begins. */
  private static int[] offsets(Value value, int axis) {
    int size = value.dims()[axis];
    int stride = value.stride(axis);
    int[] offsets = new int[value.stride(0) / size];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = i / stride * size * stride + i % stride;
    }
    return offsets;
  }

  private static double length(Value value, int from, int stride, int count) {
    double squares = 0;
    for (int k = 0; k < count; k++) {
      double number = value.data()[from + k * stride];
      squares += number * number;
    }
    return Math.sqrt(Math.max(squares, LEAST_SQUARES));
  }

  /** exp(x) / sum(exp(x)); zeros where all are negative infinity. */
  static void softmaxInPlace(double[] x) {
    double most = Arrays.stream(x).max().orElse(0);
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      x[i] = most == Double.NEGATIVE_INFINITY ? 0 : Math.exp(x[i] - most);
      sum += x[i];
    }
    for (int i = 0; i < x.length && sum > 0; i++) {
      x[i] /= sum;
    }
  }
}
