package dev.keepgate.kernel.cpu;

/**
 * The operands of a product with {@link PackedWeights}, and the views of its pieces. Belongs to one
 * thread, which sets it anew for each product.
 */
final class Product {

  /** [rows, depth]. */
  final MatrixView x = new MatrixView();

  /** A panel of the weights, and where its product goes. */
  final MatrixView panel = new MatrixView();

  final MatrixView target = new MatrixView();

  /** Parts of those, where they are multiplied piece by piece. */
  final MatrixView partOfX = new MatrixView();

  final MatrixView partOfPanel = new MatrixView();
  final MatrixView partOfTarget = new MatrixView();

  /** Rows of x, laid out for {@link MicroKernel}. */
  final OffHeapFloats tiles;

  private long out;
  private int rowStride;
  private int blockStride;

  /**
   * @param tiles room that grows; the caller's to close
   */
  Product(OffHeapFloats tiles) {
    this.tiles = tiles;
  }

  /** Takes the left side: rows without gaps, from the beginning on. */
  Product of(OffHeapFloats rows, int count, int depth) {
    x.at(rows.address(0), count, depth, depth);
    return this;
  }

  /**
   * Takes columns of a larger matrix as the left side.
   *
   * @param at the first of those columns
   * @param stride from a row to the next
   */
  Product of(OffHeapFloats rows, int at, int count, int depth, int stride) {
    x.at(rows.address(at), count, depth, stride);
    return this;
  }

  /**
   * Tells where the result goes.
   *
   * @param at of the first row's first number
   * @param toNextRow from there to the next row's
   * @param toNextBlock and to the next block's
   */
  Product into(OffHeapFloats values, int at, int toNextRow, int toNextBlock) {
    out = values.address(at);
    rowStride = toNextRow;
    blockStride = toNextBlock;
    return this;
  }

  int rowStride() {
    return rowStride;
  }

  int blockStride() {
    return blockStride;
  }

  /** Where a column of the first row goes. */
  long address(int block, int column) {
    return out + ((long) block * blockStride + column) * Float.BYTES;
  }
}
