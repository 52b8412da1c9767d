package dev.keepgate.kernel.reference;

import dev.keepgate.model.ArrayOperation;
import java.util.List;

/** Array operations on one row. */
final class ReferenceArrays {

  private ReferenceArrays() {}

  static ReferenceTensor apply(ArrayOperation.Apply operation, ReferenceTensor x) {
    ReferenceTensor y = ReferenceTensor.zero(x.dims());
    for (int i = 0; i < y.data().length; i++) {
      y.data()[i] = apply(operation, x.data()[i]);
    }
    return y.masked(x.present());
  }

  private static double apply(ArrayOperation.Apply operation, double x) {
    return switch (operation.function()) {
      case SQRT -> Math.pow(x, 0.5);
      case RECIPROCAL -> Math.pow(x, -1);
      case ABSOLUTE -> x < 0 ? -x : x;
      case LOGARITHM -> Math.log(x);
      case ERF -> x < 0 ? ReferenceFunctions.erfc(-x) - 1 : 1 - ReferenceFunctions.erfc(x);
      case SINE -> Math.sin(x);
      case COSINE -> Math.cos(x);
      case SIGN -> x > 0 ? 1 : x < 0 ? -1 : 0;
      case FLOOR -> Math.floor(x);
      case CEILING -> Math.ceil(x);
      case ROUND -> Math.rint(x);
      case POWER -> Math.pow(x, operation.exponent());
      case GELU_TANH ->
          x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    };
  }

  static ReferenceTensor constant(List<Integer> dims, float[] values) {
    ReferenceTensor constant =
        ReferenceTensor.zero(dims.stream().mapToInt(Integer::intValue).toArray());
    for (int i = 0; i < values.length; i++) {
      constant.data()[i] = values[i];
    }
    return constant;
  }

  static int[] broadcast(int[] a, int[] b) {
    int[] dims = (a.length > b.length ? a : b).clone();
    for (int i = 1; i <= dims.length; i++) {
      int left = i > a.length ? 1 : a[a.length - i];
      int right = i > b.length ? 1 : b[b.length - i];
      dims[dims.length - i] = left == 1 ? right : left;
    }
    return dims;
  }

  static ReferenceTensor product(ReferenceTensor a, ReferenceTensor b) {
    int rank = a.dims().length;
    int[] dims = a.dims().clone();
    dims[rank - 1] = b.dims()[rank - 1];
    ReferenceTensor y = ReferenceTensor.zero(dims);
    for (int i = 0; i < y.data().length; i++) {
      int[] left = y.index(i);
      int[] right = left.clone();
      for (int k = 0; k < a.dims()[rank - 1]; k++) {
        left[rank - 1] = k;
        right[rank - 2] = k;
        y.data()[i] += a.at(left) * b.at(right);
      }
    }
    return y;
  }
}
