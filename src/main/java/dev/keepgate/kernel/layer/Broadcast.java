package dev.keepgate.kernel.layer;

import dev.keepgate.model.TensorOperation.Arithmetic;

/**
 * Two tensors, number by number; axes of size 1 are repeated, and the last axes belong together.
 */
final class Broadcast {

  private Broadcast() {}

  static Value combine(Arithmetic arithmetic, Value a, Value b) {
    int rank = Math.max(a.rank(), b.rank());
    int[] left = aligned(a.dims(), rank);
    int[] right = aligned(b.dims(), rank);
    int[] dims = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = left[axis] == 1 ? right[axis] : left[axis];
    }
    Value y = Value.zero(dims);
    int[] leftStrides = strides(left);
    int[] rightStrides = strides(right);
    int[] at = new int[rank];
    for (int i = 0; i < y.data().length; i++) {
      int from = 0;
      int other = 0;
      for (int axis = 0; axis < rank; axis++) {
        from += at[axis] * leftStrides[axis];
        other += at[axis] * rightStrides[axis];
      }
      y.data()[i] = combine(arithmetic, a.data()[from], b.data()[other]);
      TensorFunctions.next(at, dims);
    }
    return y;
  }

  /** Of two the first where the condition is not 0. */
  static Value select(Value condition, Value yes, Value no) {
    int rank = Math.max(condition.rank(), Math.max(yes.rank(), no.rank()));
    int[][] aligned = {
      aligned(condition.dims(), rank), aligned(yes.dims(), rank), aligned(no.dims(), rank)
    };
    int[] dims = new int[rank];
    int[][] strides = new int[aligned.length][];
    for (int i = 0; i < aligned.length; i++) {
      strides[i] = strides(aligned[i]);
      for (int axis = 0; axis < rank; axis++) {
        dims[axis] = i == 0 || dims[axis] == 1 ? aligned[i][axis] : dims[axis];
      }
    }
    Value y = Value.zero(dims);
    int[] at = new int[rank];
    for (int i = 0; i < y.data().length; i++) {
      boolean isYes = condition.data()[offset(at, strides[0])] != 0;
      y.data()[i] = isYes ? yes.data()[offset(at, strides[1])] : no.data()[offset(at, strides[2])];
      TensorFunctions.next(at, dims);
    }
    return y;
  }

  private static int offset(int[] at, int[] strides) {
    int offset = 0;
    for (int axis = 0; axis < at.length; axis++) {
      offset += at[axis] * strides[axis];
    }
    return offset;
  }

  /** The batch stays in front, and axes of size 1 come behind it. */
  private static int[] aligned(int[] dims, int rank) {
    int[] aligned = new int[rank];
    aligned[0] = dims[0];
    for (int axis = 1; axis < rank; axis++) {
      int own = axis - (rank - dims.length);
      aligned[axis] = own < 1 ? 1 : dims[own];
    }
    return aligned;
  }

  /** 0 along an axis that is repeated. */
  private static int[] strides(int[] dims) {
    int[] strides = TensorFunctions.strides(dims);
    for (int axis = 0; axis < dims.length; axis++) {
      strides[axis] = dims[axis] == 1 ? 0 : strides[axis];
    }
    return strides;
  }

  private static float combine(Arithmetic arithmetic, float a, float b) {
    return switch (arithmetic) {
      case ADD, AVERAGE -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case MAXIMUM -> Math.max(a, b);
      case MINIMUM -> Math.min(a, b);
    };
  }
}
