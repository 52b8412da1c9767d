package dev.keepgate.kernel.cpu;

import org.bytedeco.javacpp.FloatPointer;

/**
 * A row-major matrix off the heap, as BLAS takes it. It is pointed elsewhere for each product,
 * because a step allocates nothing; it owns no memory.
 */
final class MatrixView extends FloatPointer {

  private int rows;
  private int columns;
  private int stride;

  /**
   * Points to a matrix.
   *
   * @param where address of its first number
   * @param stride from a row to the next, in numbers
   */
  MatrixView at(long where, int rowCount, int columnCount, int stride) {
    this.address = where;
    this.rows = rowCount;
    this.columns = columnCount;
    this.stride = stride;
    return this;
  }

  /** Points to a part of another matrix. */
  MatrixView partOf(MatrixView whole, int row, int column, int rowCount, int columnCount) {
    long from = (long) row * whole.stride + column;
    return at(whole.address + from * Float.BYTES, rowCount, columnCount, whole.stride);
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  int stride() {
    return stride;
  }
}
