package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Computes constants as a graph does, within the bytes that may be made of a file. */
final class ConstantFolding {

  private ConstantFolding() {}

  private static Constant make(OperatorCall call, int[] shape) throws ImportException {
    long count = 1;
    for (int size : shape) {
      count *= size;
      if (count > Integer.MAX_VALUE - 8) {
        throw call.refuse("its result is larger than an array can be");
      }
    }
    call.evaluation().file().charge(count);
    return new Constant(shape, new float[(int) count]);
  }

  /** The same numbers in another shape, which must have as many. */
  static Constant reshape(Constant numbers, List<Integer> shape) {
    return new Constant(shape.stream().mapToInt(Integer::intValue).toArray(), numbers.values());
  }

  static Constant reshape(OperatorCall call, Constant numbers, long[] target, boolean copyZeros)
      throws ImportException {
    int[] shape = new int[target.length];
    long known = 1;
    int open = -1;
    for (int i = 0; i < shape.length; i++) {
      long size =
          copyZeros && target[i] == 0 && i < numbers.rank() ? numbers.shape()[i] : target[i];
      if (size == -1 && open < 0) {
        open = i;
        continue;
      }
      known = size < 0 || size > Integer.MAX_VALUE ? -1 : known * size;
      if (known < 0 || known > Integer.MAX_VALUE) {
        throw call.refuse("its shape is impossible");
      }
      shape[i] = (int) size;
    }
    int count = numbers.values().length;
    if (open >= 0 && known > 0) {
      shape[open] = (int) (count / known);
      known *= shape[open];
    }
    if (known != count) {
      throw call.refuse("its shape does not hold the %d numbers".formatted(count));
    }
    return new Constant(shape, numbers.values());
  }

  static Constant transpose(OperatorCall call, Constant numbers, List<Integer> order)
      throws ImportException {
    int rank = numbers.rank();
    int[] strides = new int[rank];
    int stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= numbers.shape()[i];
    }
    int[] shape = order.stream().mapToInt(i -> numbers.shape()[i]).toArray();
    Constant result = make(call, shape);
    int[] index = new int[rank];
    int from = 0;
    for (int to = 0; to < result.values().length; to++) {
      result.values()[to] = numbers.values()[from];
      for (int i = rank - 1; i >= 0; i--) {
        from += strides[order.get(i)];
        if (++index[i] < shape[i]) {
          break;
        }
        from -= shape[i] * strides[order.get(i)];
        index[i] = 0;
      }
    }
    return result;
  }

  /** Every step-th of an axis, from {@code start} to before {@code end}. */
  static Constant slice(
      OperatorCall call, Constant numbers, int axis, int start, int end, long step)
      throws ImportException {
    int[] shape = numbers.shape().clone();
    shape[axis] = (int) Math.max(0, (end - start + step - 1) / step);
    Constant result = make(call, shape);
    int inner = inner(numbers.shape(), axis);
    int size = numbers.shape()[axis];
    int rows = shape[axis];
    for (int to = 0; rows > 0 && to < result.values().length / inner; to++) {
      long from = (long) (to / rows) * size + start + to % rows * step;
      System.arraycopy(numbers.values(), (int) from * inner, result.values(), to * inner, inner);
    }
    return result;
  }

  /** How many numbers lie in one index of an axis. */
  private static int inner(int[] shape, int axis) {
    int inner = 1;
    for (int i = axis + 1; i < shape.length; i++) {
      inner *= shape[i];
    }
    return inner;
  }

  static Constant concat(OperatorCall call, List<Constant> all) throws ImportException {
    int axis = call.axis(call.node().integer("axis", 0), all.get(0).rank());
    return concat(call, all, axis);
  }

  static Constant concat(OperatorCall call, List<Constant> all, int axis) throws ImportException {
    Constant first = all.get(0);
    int[] shape = first.shape().clone();
    long size = 0;
    for (Constant numbers : all) {
      int[] like = numbers.shape().clone();
      if (like.length != shape.length) {
        throw call.refuse("its inputs do not fit");
      }
      size += like[axis];
      like[axis] = first.shape()[axis];
      if (!Arrays.equals(like, first.shape()) || size > Integer.MAX_VALUE) {
        throw call.refuse("its inputs do not fit");
      }
    }
    shape[axis] = (int) size;
    Constant result = make(call, shape);
    int row = (int) size * inner(shape, axis);
    int offset = 0;
    for (Constant numbers : all) {
      int part = numbers.shape()[axis] * inner(shape, axis);
      for (int i = 0; part > 0 && i < numbers.values().length / part; i++) {
        System.arraycopy(numbers.values(), i * part, result.values(), i * row + offset, part);
      }
      offset += part;
    }
    return result;
  }

  /** Combines two numbers. */
  interface Pairwise {
    float apply(float a, float b);
  }

  /** Of equal places along an axis the first; all of them where they differ. */
  static Constant firstOfEqual(OperatorCall call, Constant all, int axis) throws ImportException {
    if (all.shape()[axis] == 0) {
      return all;
    }
    Constant first = slice(call, all, axis, 0, 1, 1);
    for (int place = 1; place < all.shape()[axis]; place++) {
      Constant other = slice(call, all, axis, place, place + 1, 1);
      if (!Arrays.equals(other.values(), first.values())) {
        return all;
      }
    }
    return first;
  }

  /** Of two matrices. */
  static Constant product(OperatorCall call, Constant a, Constant b) throws ImportException {
    if (a.rank() != 2 || b.rank() != 2 || a.shape()[1] != b.shape()[0]) {
      throw call.refuse("its constants are not two matrices that fit");
    }
    int inner = a.shape()[1];
    Constant result = make(call, new int[] {a.shape()[0], b.shape()[1]});
    for (int i = 0; i < result.values().length; i++) {
      double sum = 0;
      for (int k = 0; k < inner; k++) {
        sum +=
            (double) a.values()[i / b.shape()[1] * inner + k]
                * b.values()[k * b.shape()[1] + i % b.shape()[1]];
      }
      result.values()[i] = (float) sum;
    }
    return result;
  }

  /** The other way round along an axis. */
  static Constant turned(OperatorCall call, Constant numbers, int axis) throws ImportException {
    Constant result = make(call, numbers.shape());
    int inner = inner(numbers.shape(), axis);
    int size = numbers.shape()[axis];
    for (int i = 0; inner > 0 && i < numbers.values().length / inner; i++) {
      int mirrored = i - i % size + (size - 1 - i % size);
      System.arraycopy(numbers.values(), i * inner, result.values(), mirrored * inner, inner);
    }
    return result;
  }

  static Constant filled(OperatorCall call, int[] shape, float value) throws ImportException {
    Constant filled = make(call, shape);
    Arrays.fill(filled.values(), value);
    return filled;
  }

  static Constant each(OperatorCall call, Constant of, DoubleUnaryOperator function)
      throws ImportException {
    Constant result = make(call, of.shape());
    for (int i = 0; i < result.values().length; i++) {
      result.values()[i] = (float) function.applyAsDouble(of.values()[i]);
    }
    return result;
  }

  /** Elementwise; axes of size 1 are repeated, and the last axes belong together. */
  static Constant elementwise(OperatorCall call, Constant a, Constant b, Pairwise function)
      throws ImportException {
    int rank = Math.max(a.rank(), b.rank());
    int[] left = aligned(a.shape(), rank);
    int[] right = aligned(b.shape(), rank);
    int[] shape = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      if (left[axis] != right[axis] && left[axis] != 1 && right[axis] != 1) {
        throw call.refuse(
            "constants of shapes %s and %s do not fit"
                .formatted(Arrays.toString(a.shape()), Arrays.toString(b.shape())));
      }
      shape[axis] = left[axis] == 1 ? right[axis] : left[axis];
    }
    Constant result = make(call, shape);
    int[] at = new int[rank];
    for (int i = 0; i < result.values().length; i++) {
      result.values()[i] =
          function.apply(a.values()[offset(at, left)], b.values()[offset(at, right)]);
      for (int axis = rank - 1; axis >= 0 && ++at[axis] == shape[axis]; axis--) {
        at[axis] = 0;
      }
    }
    return result;
  }

  private static int[] aligned(int[] shape, int rank) {
    int[] aligned = new int[rank];
    Arrays.fill(aligned, 1);
    System.arraycopy(shape, 0, aligned, rank - shape.length, shape.length);
    return aligned;
  }

  private static int offset(int[] at, int[] shape) {
    int offset = 0;
    for (int axis = 0; axis < at.length; axis++) {
      offset = offset * shape[axis] + (shape[axis] == 1 ? 0 : at[axis]);
    }
    return offset;
  }
}
