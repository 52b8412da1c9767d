package dev.keepgate.kernel;

import java.nio.FloatBuffer;

/**
 * What goes into the gates of rows.
 *
 * <p>Of many rows gate by gate, [4][rows, hidden]: then a gate's numbers are one piece, however
 * many rows there are. Of few row by row, [rows][4][hidden]: then a row's are, and a product of a
 * row takes the weights of all gates at once.
 */
final class GateSums implements AutoCloseable {

  static final int GATES = 4;

  /** So many rows are few. */
  static final int FEW_ROWS = 4;

  final OffHeapFloats values = new OffHeapFloats();

  private int hidden;
  private int rows;
  private boolean isByRow;

  /** Makes room. */
  void ensure(int rowCount, int hiddenSize) {
    values.ensure((long) GATES * rowCount * hiddenSize);
  }

  /**
   * Tells how the sums that are written next lie.
   *
   * @param rowCount how many rows there are
   * @param together how many of them are read together at most
   */
  void lay(int rowCount, int hiddenSize, int together) {
    rows = rowCount;
    hidden = hiddenSize;
    isByRow = together <= FEW_ROWS;
  }

  boolean isByRow() {
    return isByRow;
  }

  /** Where a row's sums of the first gate begin. */
  int row(int row) {
    return row * rowStride();
  }

  /** From a row to the next. */
  int rowStride() {
    return isByRow ? GATES * hidden : hidden;
  }

  /** From a gate of a row to the next. */
  int gateStride() {
    return isByRow ? hidden : rows * hidden;
  }

  /**
   * Reads all gates of rows, as they lie.
   *
   * @param from the first row
   * @param count numbers of one gate
   */
  void read(int from, float[] to, int count) {
    if (isByRow) {
      view().get(row(from), to, 0, GATES * count);
      return;
    }
    for (int gate = 0; gate < GATES; gate++) {
      view().get(row(from) + gate * gateStride(), to, gate * count, count);
    }
  }

  FloatBuffer view() {
    return values.view();
  }

  @Override
  public void close() {
    values.close();
  }
}
