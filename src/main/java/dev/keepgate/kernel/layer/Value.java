package dev.keepgate.kernel.layer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a node gave to a batch.
 *
 * @param data row-major
 * @param dims [batch, ...]
 * @param present [batch][steps]: false where a step is masked; null where all steps count
 */
record Value(float[] data, int[] dims, boolean @Nullable [][] present) {

  static Value of(float[] data, int... dims) {
    return new Value(data, dims, null);
  }

  /** Of zeros. */
  static Value zero(int... dims) {
    int count = 1;
    for (int dim : dims) {
      count = Math.multiplyExact(count, dim);
    }
    return of(new float[count], dims);
  }

  int rank() {
    return dims.length;
  }

  int batch() {
    return dims[0];
  }

  /** The last dimension. */
  int width() {
    return dims[dims.length - 1];
  }

  /** How many numbers lie between two neighbours along an axis. */
  int stride(int axis) {
    int stride = 1;
    for (int i = axis + 1; i < dims.length; i++) {
      stride *= dims[i];
    }
    return stride;
  }

  Value masked(boolean @Nullable [][] by) {
    return new Value(data, dims, by);
  }

  /** Its dimensions, one of them another. */
  int[] dimsWith(int axis, int size) {
    int[] changed = dims.clone();
    changed[axis] = size;
    return changed;
  }

  @Override
  public String toString() {
    return "value of " + Arrays.toString(dims);
  }
}
