package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import java.util.Arrays;
import java.util.List;

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
    Constant first = all.get(0);
    int axis = call.axis(call.node().integer("axis", 0), first.rank());
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

  /** Elementwise, of the same shapes or with one of a single number. */
  static Constant elementwise(OperatorCall call, Constant a, Constant b, Pairwise function)
      throws ImportException {
    boolean same = Arrays.equals(a.shape(), b.shape());
    boolean one = b.values().length == 1 && b.rank() <= a.rank();
    boolean other = a.values().length == 1 && a.rank() <= b.rank();
    if (!same && !one && !other) {
      throw call.refuse("constants of these shapes are not combined");
    }
    Constant result = make(call, same || one ? a.shape() : b.shape());
    for (int i = 0; i < result.values().length; i++) {
      result.values()[i] =
          function.apply(a.values()[same || one ? i : 0], b.values()[same || other ? i : 0]);
    }
    return result;
  }
}
