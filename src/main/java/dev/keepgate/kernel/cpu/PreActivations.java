package dev.keepgate.kernel.cpu;

import java.nio.FloatBuffer;

/**
 * What goes into the gates of rows.
 *
 * <p>Of many rows gate by gate, [4][rows, hidden]: then a gate's numbers are one piece, however
 * many rows there are. Of few row by row, [rows][4][hidden]: then a row's are, and a product of a
 * row takes the weights of all gates at once.
 */
final class PreActivations implements AutoCloseable {

  static final int GATES = 4;

  /** The input, forget and output gate, which come first. */
  static final int SIGMOID_GATES = 3;

  final OffHeapFloats values = new OffHeapFloats();

  /** So many rows are few. */
  private final int fewRows;

  private int hidden;
  private int rows;
  private boolean isByRow;

  /**
   * @param fewRows so many lie row by row
   */
  PreActivations(int fewRows) {
    this.fewRows = fewRows;
  }

  /** Makes room. */
  void ensure(int rowCount, int hiddenSize) {
    values.ensure((long) GATES * rowCount * hiddenSize);
  }

  /**
   * Tells how the pre-activations that are written next lie.
   *
   * @param rowCount how many rows there are
   * @param together how many of them are read together at most
   */
  void lay(int rowCount, int hiddenSize, int together) {
    rows = rowCount;
    hidden = hiddenSize;
    isByRow = together <= fewRows;
  }

  boolean isByRow() {
    return isByRow;
  }

  /** Where a row's pre-activations of the first gate begin. */
  int row(int row) {
    return row * rowStride();
  }

  /** Has a product write rows from one on. */
  void receive(Product product, int from) {
    product.into(values, row(from), rowStride(), gateStride());
  }

  /** Has a product of one block write it in the place of a gate. */
  void receive(Product product, int from, int gate) {
    product.into(values, row(from) + gate * gateStride(), rowStride(), gateStride());
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
   * Reads rows: the pre-activations of the input, forget and output gate as they lie, the
   * candidate's apart.
   *
   * @param from the first row
   * @param count numbers of one gate
   * @param gates from its beginning on
   * @param candidate from {@code at} on
   */
  void read(int from, int count, float[] gates, float[] candidate, int at) {
    int width = isByRow ? hidden : count;
    int first = row(from);
    for (int done = 0; done < count; done += width) {
      if (isByRow) {
        view().get(first, gates, SIGMOID_GATES * done, SIGMOID_GATES * width);
      } else {
        for (int gate = 0; gate < SIGMOID_GATES; gate++) {
          view().get(first + gate * gateStride(), gates, gate * width, width);
        }
      }
      view().get(first + SIGMOID_GATES * gateStride(), candidate, at + done, width);
      first += rowStride();
    }
  }

  /**
   * Reads a gate of rows.
   *
   * @param from the first row
   * @param to [rows, hidden], from its beginning on
   */
  void readBlock(int gate, int from, int rowCount, float[] to) {
    int first = row(from) + gate * gateStride();
    if (isByRow) {
      for (int done = 0; done < rowCount * hidden; done += hidden) {
        view().get(first, to, done, hidden);
        first += rowStride();
      }
    } else {
      view().get(first, to, 0, rowCount * hidden);
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
