package dev.keepgate.kernel.cpu;

/**
 * A weight matrix [depth, blocks * width], cut into panels of columns, each [depth, columns of the
 * panel] row-major in one piece.
 *
 * <p>OpenBLAS multiplies small matrices without packing them first, 64 columns at a time: those are
 * what its AVX-512 kernel keeps in registers. So a product by panels streams the weights once, in
 * order, where one large product would copy them first, at every call. Where BLAS packs small
 * products too, few rows are multiplied one by one while a panel is in the cache.
 *
 * <p>A shallow matrix has panels of more columns, over the borders of blocks: few rows are
 * multiplied with such a panel in one call, and calls are what a small product spends its time on.
 */
final class PackedWeights implements AutoCloseable {

  /** What BLAS keeps in registers. */
  private static final int PANEL = 64;

  private static final int WIDEST_PANEL = 256;

  /** Wider panels than {@link #PANEL} have no more numbers: one and its rows stay in the cache. */
  private static final int WIDE_NUMBERS = 36_000;

  /**
   * Left free behind each row of a full wide panel: rows a power of two apart share a part of the
   * first level cache, and 64 columns of them would not stay there.
   */
  private static final int GAP = 16;

  /** Of more weights nothing is left in the second level cache that is worth turning for. */
  private static final long MOST_TURNED_BYTES = 4 << 20;

  /** OpenBLAS packs a product of more multiplications than this. */
  private static final int UNPACKED = 1_000_000;

  private static final int SHALLOW = 160;
  private static final int MOST_ROWS = 32;
  private static final int MANY_ROWS = 16;
  private static final int FEW_ROWS = 8;

  /** Where products are packed: above so many rows, that is paid back. */
  private static final int MANY_VECTORS = 8;

  private final int depth;
  private final int width;
  private final int columns;

  /** Columns of a panel, if so many are left. */
  private final int panelWidth;

  /** No panel goes over a multiple of so many columns. */
  private final int span;

  private final OffHeapFloats weights = new OffHeapFloats();

  PackedWeights(int depth, int blocks, int width) {
    this.depth = depth;
    this.width = width;
    this.columns = Math.multiplyExact(blocks, width);
    this.panelWidth = panelWidth(depth);
    // Blocks that do not fit would be cut into more pieces than they have to be.
    boolean fits = width % PANEL == 0 || columns <= panelWidth;
    this.span = panelWidth > PANEL && fits ? columns : width;
    weights.ensure(Math.multiplyExact((long) depth, columns + gaps(columns)));
  }

  private static int panelWidth(int depth) {
    int wide = WIDEST_PANEL;
    while (wide > PANEL && (long) wide * depth > WIDE_NUMBERS) {
      wide /= 2;
    }
    return wide;
  }

  int depth() {
    return depth;
  }

  int width() {
    return width;
  }

  long bytes() {
    return weights.bytes();
  }

  /**
   * Lays rows of the matrix out.
   *
   * @param rowFrom first row
   * @param matrix [rows, blocks * width], row-major
   */
  void fill(int rowFrom, float[] matrix) {
    for (int row = 0; row < matrix.length / columns; row++) {
      for (int column = 0; column < columns; column = panelEnd(column)) {
        int size = panelEnd(column) - column;
        weights.put(index(rowFrom + row, column), matrix, row * columns + column, size);
      }
    }
  }

  /** First column of the panel that has a column. */
  private int panelStart(int column) {
    int within = column % span;
    return column - within + within / panelWidth * panelWidth;
  }

  /** The column behind that panel. */
  private int panelEnd(int column) {
    return Math.min(panelStart(column) + panelWidth, column - column % span + span);
  }

  /** From a row of that panel to the next. */
  private int panelStride(int column) {
    int size = panelEnd(column) - panelStart(column);
    return size == panelWidth && size > PANEL ? size + GAP : size;
  }

  /** What is left free in a row of all panels that end before a column. */
  private int gaps(int column) {
    int full = column / span * (span / panelWidth) + column % span / panelWidth;
    return panelWidth > PANEL ? full * GAP : 0;
  }

  private long index(int row, int column) {
    int start = panelStart(column);
    return (long) depth * (start + gaps(start)) + (long) row * panelStride(start) + column - start;
  }

  /**
   * out = x times some rows of the matrix + beta out.
   *
   * @param depthFrom first of those rows
   * @param depthCount how many: as many as x is wide
   * @param x [rows, xStride], from its beginning
   * @param outAt where the first row's first number goes
   * @param rowStride from there to the next row's
   * @param blockStride and to the next block's
   * @param isBackward whether to begin with the last panel, if it is worth it: who multiplies by
   *     the same matrix again finds there what is still in the cache
   */
  void multiply(
      int depthFrom,
      int depthCount,
      int rows,
      OffHeapFloats x,
      int xStride,
      OffHeapFloats out,
      int outAt,
      int rowStride,
      int blockStride,
      float beta,
      boolean isBackward,
      Blas blas) {
    int most = rows <= PreActivations.FEW_ROWS || Blas.packs() ? WIDEST_PANEL : 2 * PANEL;
    // Blocks that lie side by side are as good as one.
    int outSpan = blockStride == width && rowStride >= columns ? columns : width;
    boolean isTurned = isBackward && bytes() <= MOST_TURNED_BYTES;
    int done = 0;
    while (done < columns) {
      int column = isTurned ? columns - 1 - done : done;
      int block = column - column % outSpan;
      int start = Math.max(panelStart(column), block);
      start += (column - start) / most * most;
      int end = Math.min(Math.min(panelEnd(column), block + outSpan), start + most);
      multiplyPiece(
          end - start,
          rows,
          depthCount,
          weights.address(index(depthFrom, start)),
          panelStride(start),
          x.address(0),
          xStride,
          beta,
          out.address((long) outAt + (long) (start / width) * blockStride + start % width),
          rowStride,
          blas);
      done += end - start;
    }
  }

  private static void multiplyPiece(
      int size,
      int rows,
      int depthCount,
      long panel,
      int panelSize,
      long x,
      int xStride,
      float beta,
      long out,
      int outStride,
      Blas blas) {
    if (!Blas.packs()) {
      addSmall(size, rows, depthCount, panel, panelSize, x, xStride, beta, out, outStride, blas);
    } else if (rows > MANY_VECTORS) {
      blas.multiply(size, rows, depthCount, panel, panelSize, x, xStride, beta, out, outStride);
    } else {
      for (int row = 0; row < rows; row++) {
        blas.multiplyVector(
            size,
            depthCount,
            panel,
            panelSize,
            x + (long) row * xStride * Float.BYTES,
            beta,
            out + (long) row * outStride * Float.BYTES);
      }
    }
  }

  /** How many rows at a time. */
  private static int slice(int depthCount) {
    if (depthCount <= SHALLOW) {
      return MOST_ROWS;
    }
    return depthCount <= UNPACKED / (PANEL * MANY_ROWS) ? MANY_ROWS : FEW_ROWS;
  }

  /** In products so small that none is packed. */
  private static void addSmall(
      int size,
      int rows,
      int depthCount,
      long panel,
      int panelSize,
      long x,
      int xStride,
      float beta,
      long out,
      int outStride,
      Blas blas) {
    int slice = slice(depthCount);
    int deepest = UNPACKED / (Math.max(PANEL, size) * Math.min(slice, rows));
    int parts = (depthCount + deepest - 1) / deepest;
    int part = (depthCount + parts - 1) / parts;
    for (int row = 0; row < rows; row += slice) {
      for (int k = 0; k < depthCount; k += part) {
        blas.multiply(
            size,
            Math.min(slice, rows - row),
            Math.min(part, depthCount - k),
            panel + (long) k * panelSize * Float.BYTES,
            panelSize,
            x + ((long) row * xStride + k) * Float.BYTES,
            xStride,
            k == 0 ? beta : 1,
            out + (long) row * outStride * Float.BYTES,
            outStride);
      }
    }
  }

  @Override
  public void close() {
    weights.close();
  }
}
