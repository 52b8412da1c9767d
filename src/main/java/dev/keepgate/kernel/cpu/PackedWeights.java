package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.PANEL_COLUMNS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.ROWS_ONE_BY_ONE;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.SLICE_ROWS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.TILED_ROWS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.UNPACKED_MULTIPLICATIONS;

import dev.keepgate.kernel.cpu.Panels.Piece;
import org.jspecify.annotations.Nullable;

/**
 * A weight matrix [depth, blocks * width], cut into {@link Panels}.
 *
 * <p>OpenBLAS multiplies small matrices without packing them first, 64 columns at a time: those are
 * what its AVX-512 kernel keeps in registers. So a product by panels streams the weights once, in
 * order, where one large product would copy them first, at every call. Where BLAS packs small
 * products too, few rows are multiplied one by one while a panel is in the cache, and several by
 * {@link TiledWeights} where there are.
 *
 * <p>A shallow matrix has panels of more columns, over the borders of blocks: rows are multiplied
 * with such a panel in fewer calls, and calls are what a small product spends its time on. Panels
 * of a deep one are narrow: one or two rows wait for the weights, which are read in order then.
 */
final class PackedWeights implements AutoCloseable {

  /** Rows that BLAS multiplies together. */
  private static final int ROWS_TOGETHER = 4;

  private final int depth;
  private final int width;
  private final Panels panels;

  /** Columns that BLAS keeps in registers. */
  private final int narrowest;

  private final boolean packs;
  private final int rowsOneByOne;
  private final int unpacked;
  private final int sliceRows;
  private final OffHeapFloats weights = new OffHeapFloats();

  /** The same weights for products of several rows, where those would be packed at each call. */
  private final @Nullable TiledWeights tiled;

  private final int tiledRows;

  /**
   * @param split first of the rows that are multiplied alone at times; {@code depth} for none
   */
  PackedWeights(int depth, int split, int blocks, int width, KernelTuning tuning) {
    this.depth = depth;
    this.width = width;
    this.panels = new Panels(depth, blocks, width, tuning);
    this.narrowest = tuning.get(PANEL_COLUMNS);
    this.packs = tuning.packs();
    this.rowsOneByOne = tuning.get(ROWS_ONE_BY_ONE);
    this.unpacked = tuning.get(UNPACKED_MULTIPLICATIONS);
    this.sliceRows = tuning.get(SLICE_ROWS);
    weights.ensure(panels.numbers());
    this.tiledRows = tuning.get(TILED_ROWS);
    this.tiled = tuning.tiles() ? new TiledWeights(depth, split, blocks, width) : null;
  }

  int depth() {
    return depth;
  }

  int width() {
    return width;
  }

  long bytes() {
    return weights.bytes() + (tiled == null ? 0 : tiled.bytes());
  }

  /**
   * Lays rows of the matrix out.
   *
   * @param rowFrom first row
   * @param matrix [rows, blocks * width], row-major
   */
  void fill(int rowFrom, float[] matrix) {
    int columns = panels.columns();
    for (int row = 0; row < matrix.length / columns; row++) {
      for (Piece piece : panels.pieces(true)) {
        long at = piece.at() + (long) (rowFrom + row) * piece.stride();
        weights.put(at, matrix, row * columns + piece.start(), piece.size());
      }
    }
    if (tiled != null) {
      tiled.fill(rowFrom, matrix);
    }
  }

  /**
   * out = x times some rows of the matrix + beta out.
   *
   * @param product whose x has as many columns as rows of the matrix are taken
   * @param depthFrom first of those rows
   * @param isBackward whether to begin with the last panel: who multiplies by the same matrix again
   *     finds there what is still in the cache
   */
  void multiply(Product product, int depthFrom, float beta, boolean isBackward) {
    MatrixView x = product.x;
    if (tiled != null && x.rows() >= tiledRows && tiled.isPart(depthFrom, x.columns())) {
      tiled.multiply(product, depthFrom, beta, isBackward);
    } else {
      multiplyPanels(product, depthFrom, beta, isBackward);
    }
  }

  private void multiplyPanels(Product product, int depthFrom, float beta, boolean isBackward) {
    MatrixView x = product.x;
    // Blocks that lie side by side are as good as one.
    boolean isWhole = product.blockStride() == width && product.rowStride() >= panels.columns();
    Piece[] pieces = panels.pieces(isWhole);
    for (int i = 0; i < pieces.length; i++) {
      Piece piece = pieces[isBackward ? pieces.length - 1 - i : i];
      long panel = weights.address(piece.at() + (long) depthFrom * piece.stride());
      product.panel.at(panel, x.columns(), piece.size(), piece.stride());
      long out = product.address(piece.block(), piece.column());
      product.target.at(out, x.rows(), piece.size(), product.rowStride());
      multiplyPanel(product, beta);
    }
  }

  private void multiplyPanel(Product product, float beta) {
    if (!packs) {
      multiplyUnpacked(product, beta);
    } else if (product.x.rows() > rowsOneByOne) {
      Blas.multiply(product.x, product.panel, beta, product.target);
    } else {
      multiplyRows(product, beta);
    }
  }

  /** Row by row while the panel is in the cache. */
  private static void multiplyRows(Product product, float beta) {
    int depth = product.x.columns();
    int size = product.panel.columns();
    for (int row = 0; row < product.x.rows(); row++) {
      Blas.multiplyRow(
          product.partOfX.partOf(product.x, row, 0, 1, depth),
          product.panel,
          beta,
          product.partOfTarget.partOf(product.target, row, 0, 1, size));
    }
  }

  /** In products so small that BLAS packs none. */
  private void multiplyUnpacked(Product product, float beta) {
    int rows = product.x.rows();
    int depthCount = product.x.columns();
    int size = product.panel.columns();
    int perTerm = Math.max(narrowest, size);
    if (rows <= sliceRows && (long) rows * depthCount * perTerm <= unpacked) {
      Blas.multiply(product.x, product.panel, beta, product.target);
      return;
    }
    int slice = slice(rows, (long) depthCount * perTerm);
    int deepest = Math.max(1, unpacked / (perTerm * Math.min(slice, rows)));
    int parts = (depthCount + deepest - 1) / deepest;
    int part = (depthCount + parts - 1) / parts;
    for (int row = 0; row < rows; row += slice) {
      int rowCount = Math.min(slice, rows - row);
      for (int k = 0; k < depthCount; k += part) {
        int terms = Math.min(part, depthCount - k);
        Blas.multiply(
            product.partOfX.partOf(product.x, row, k, rowCount, terms),
            product.partOfPanel.partOf(product.panel, k, 0, terms, size),
            k == 0 ? beta : 1,
            product.partOfTarget.partOf(product.target, row, 0, rowCount, size));
      }
    }
  }

  /**
   * How many rows to take at a time: all that are not packed together, in slices of about a size.
   *
   * @param perRow multiplications of a row
   */
  private int slice(int rows, long perRow) {
    int most = (int) Math.min(sliceRows, unpacked / perRow) / ROWS_TOGETHER;
    int groups = (rows + ROWS_TOGETHER - 1) / ROWS_TOGETHER;
    int slices = (groups + Math.max(1, most) - 1) / Math.max(1, most);
    return (groups + slices - 1) / slices * ROWS_TOGETHER;
  }

  @Override
  public void close() {
    weights.close();
    if (tiled != null) {
      tiled.close();
    }
  }
}
