package dev.keepgate.kernel.layer;

import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import java.util.Arrays;

/** Computes array operations, sums in double precision. */
final class ArrayFunctions {

  private ArrayFunctions() {}

  static Value apply(ArrayOperation.Apply operation, Value x) {
    Value y = Value.zero(x.dims());
    for (int i = 0; i < y.data().length; i++) {
      y.data()[i] = (float) apply(operation, x.data()[i]);
    }
    return y.masked(x.present());
  }

  private static double apply(ArrayOperation.Apply operation, float x) {
    return switch (operation.function()) {
      case SQRT -> Math.sqrt(x);
      case RECIPROCAL -> 1.0 / x;
      case ABSOLUTE -> Math.abs(x);
      case LOGARITHM -> Math.log(x);
      case ERF -> Erf.of(x);
      case SINE -> Math.sin(x);
      case COSINE -> Math.cos(x);
      case SIGN -> Math.signum(x);
      case FLOOR -> Math.floor(x);
      case CEILING -> Math.ceil(x);
      case ROUND -> Math.rint(x);
      case POWER -> Math.pow(x, operation.exponent());
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    };
  }

  static Value combine(ArrayOperation.CombineConstant operation, Value x) {
    int[] dims = new int[operation.dims().size() + 1];
    dims[0] = 1;
    for (int i = 1; i < dims.length; i++) {
      dims[i] = operation.dims().get(i - 1);
    }
    Value constant = Value.of(operation.values(), dims);
    Value y =
        operation.isReversed()
            ? Broadcast.combine(operation.arithmetic(), constant, x)
            : Broadcast.combine(operation.arithmetic(), x, constant);
    if (operation.arithmetic() == Arithmetic.AVERAGE) {
      for (int i = 0; i < y.data().length; i++) {
        y.data()[i] /= 2;
      }
    }
    return y.masked(x.present());
  }

  static Value constant(ArrayOperation.Constant operation, int batch) {
    int[] dims = new int[operation.dims().size() + 1];
    dims[0] = batch;
    for (int i = 1; i < dims.length; i++) {
      dims[i] = operation.dims().get(i - 1);
    }
    Value y = Value.zero(dims);
    int row = operation.values().length;
    for (int i = 0; i < batch; i++) {
      System.arraycopy(operation.values(), 0, y.data(), i * row, row);
    }
    return y;
  }

  static Value product(Value a, Value b) {
    int rank = a.rank();
    int rows = a.dims()[rank - 2];
    int inner = a.dims()[rank - 1];
    int columns = b.dims()[rank - 1];
    Value y = Value.zero(a.dimsWith(rank - 1, columns));
    double[] sums = new double[columns];
    int matrices = rows * columns == 0 ? 0 : y.data().length / (rows * columns);
    for (int i = 0; i < matrices * rows; i++) {
      Arrays.fill(sums, 0);
      int right = i / rows * inner * columns;
      for (int k = 0; k < inner; k++) {
        double factor = a.data()[i * inner + k];
        for (int j = 0; j < columns; j++) {
          sums[j] += factor * b.data()[right + k * columns + j];
        }
      }
      for (int j = 0; j < columns; j++) {
        y.data()[i * columns + j] = (float) sums[j];
      }
    }
    return y;
  }

  static Value take(ArrayOperation.Take operation, Value x) {
    int axis = operation.axis() + 1;
    int size = x.dims()[axis];
    int stride = x.stride(axis);
    int taken = operation.indices().size();
    Value y = Value.zero(x.dimsWith(axis, taken));
    for (int i = 0; i < y.data().length / Math.max(stride, 1); i++) {
      int from = i / taken * size + operation.indices().get(i % taken);
      System.arraycopy(x.data(), from * stride, y.data(), i * stride, stride);
    }
    return y;
  }

  static Value repeat(Value x, int axis, int times) {
    int stride = x.stride(axis);
    Value y = Value.zero(x.dimsWith(axis, times));
    for (int i = 0; times > 0 && i < y.data().length / Math.max(stride, 1); i++) {
      System.arraycopy(x.data(), i / times * stride, y.data(), i * stride, stride);
    }
    return y;
  }
}
