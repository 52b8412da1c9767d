package dev.keepgate.kernel.reference;

import dev.keepgate.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a node gave to one row, in double precision.
 *
 * @param data row-major
 * @param dims without the batch
 * @param present [steps]: false where a step is masked; null where all count
 */
record ReferenceTensor(double[] data, int[] dims, boolean @Nullable [] present) {

  static ReferenceTensor zero(int... dims) {
    return new ReferenceTensor(new double[count(dims)], dims, null);
  }

  static ReferenceTensor of(float[] vector) {
    ReferenceTensor tensor = zero(vector.length);
    for (int i = 0; i < vector.length; i++) {
      tensor.data[i] = vector[i];
    }
    return tensor;
  }

  /** Vectors, one after the other. */
  static ReferenceTensor of(double[][] vectors, int... dims) {
    return new ReferenceTensor(
        Arrays.stream(vectors).flatMapToDouble(Arrays::stream).toArray(), dims, null);
  }

  /** A row of a batch. */
  static ReferenceTensor row(Tensor batch, int row) {
    int[] dims = Arrays.copyOfRange(batch.shape(), 1, batch.rank());
    ReferenceTensor tensor = zero(dims);
    int first = row * tensor.data.length;
    for (int i = 0; i < tensor.data.length; i++) {
      tensor.data[i] =
          batch instanceof Tensor.Floats floats
              ? floats.values()[first + i]
              : ((Tensor.Ints) batch).values()[first + i];
    }
    return tensor;
  }

  private static int count(int[] dims) {
    return Arrays.stream(dims).reduce(1, Math::multiplyExact);
  }

  /**
   * Rows of a batch, each in the corner of its place; null for zeros.
   *
   * @param least dimensions that each row's place has at least
   */
  static Tensor.Floats joined(List<@Nullable ReferenceTensor> rows, int[] least) {
    int[] dims = least.clone();
    for (ReferenceTensor row : rows) {
      for (int axis = 0; row != null && axis < dims.length; axis++) {
        dims[axis] = Math.max(dims[axis], row.dims[axis]);
      }
    }
    int size = count(dims);
    int[] shape = new int[dims.length + 1];
    shape[0] = rows.size();
    System.arraycopy(dims, 0, shape, 1, dims.length);
    float[] values = new float[rows.size() * size];
    for (int i = 0; i < rows.size(); i++) {
      ReferenceTensor row = rows.get(i);
      for (int j = 0; row != null && j < row.data.length; j++) {
        int at = 0;
        int[] index = row.index(j);
        for (int axis = 0; axis < dims.length; axis++) {
          at = at * dims[axis] + index[axis];
        }
        values[i * size + at] = (float) row.data[j];
      }
    }
    return new Tensor.Floats(shape, values);
  }

  ReferenceTensor masked(boolean @Nullable [] by) {
    return new ReferenceTensor(data, dims, by);
  }

  /** Its vectors along the last axis. */
  double[][] vectors(int width) {
    double[][] vectors = new double[data.length / width][];
    for (int i = 0; i < vectors.length; i++) {
      vectors[i] = Arrays.copyOfRange(data, i * width, (i + 1) * width);
    }
    return vectors;
  }

  /** Which of so many steps count. */
  boolean[] presentOf(int steps) {
    if (present != null) {
      return present.clone();
    }
    boolean[] all = new boolean[steps];
    Arrays.fill(all, true);
    return all;
  }

  /** So many of the first. */
  ReferenceTensor first(int steps) {
    int[] fewer = dims.clone();
    fewer[0] = steps;
    return new ReferenceTensor(Arrays.copyOf(data, count(fewer)), fewer, null);
  }

  ReferenceTensor last() {
    int[] rest = Arrays.copyOfRange(dims, 1, dims.length);
    return new ReferenceTensor(
        Arrays.copyOfRange(data, data.length - count(rest), data.length), rest, null);
  }

  ReferenceTensor followedBy(ReferenceTensor other) {
    int[] more = dims.clone();
    more[0] += other.dims[0];
    double[] both = Arrays.copyOf(data, data.length + other.data.length);
    System.arraycopy(other.data, 0, both, data.length, other.data.length);
    return new ReferenceTensor(both, more, null);
  }

  void copyTo(float[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = (float) data[i];
    }
  }

  /** The number at an index; one past an axis of size 1 is its only one. */
  double at(int... index) {
    int offset = 0;
    int missing = index.length - dims.length;
    for (int axis = 0; axis < dims.length; axis++) {
      offset = offset * dims[axis] + (dims[axis] == 1 ? 0 : index[axis + missing]);
    }
    return data[offset];
  }

  /** The index of each number, row-major. */
  int[] index(int number) {
    int[] index = new int[dims.length];
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      index[axis] = number % dims[axis];
      number /= dims[axis];
    }
    return index;
  }
}
