package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.DEEP_ROWS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.MIDDLE_ROWS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.PANEL_COLUMNS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.PANEL_GAP;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.REVERSED_BYTES;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.ROWS_ONE_BY_ONE;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.ROW_MAJOR_ROWS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.SHALLOW_DEPTH;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.SHALLOW_ROWS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.TILED_ROWS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.UNPACKED_MULTIPLICATIONS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.WIDE_PANEL_COLUMNS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.WIDE_PANEL_NUMBERS;

import org.jspecify.annotations.Nullable;

/**
 * A weight matrix [depth, blocks * width], cut into panels of columns, each [depth, columns of the
 * panel] row-major in one piece.
 *
 * <p>OpenBLAS multiplies small matrices without packing them first, 64 columns at a time: those are
 * what its AVX-512 kernel keeps in registers. So a product by panels streams the weights once, in
 * order, where one large product would copy them first, at every call. Where BLAS packs small
 * products too, few rows are multiplied one by one while a panel is in the cache, and several by
 * {@link TiledWeights} where there are.
 *
 * <p>A shallow matrix has panels of more columns, over the borders of blocks: few rows are
 * multiplied with such a panel in one call, and calls are what a small product spends its time on.
 */
final class PackedWeights implements AutoCloseable {

  /**
   * How many rows are multiplied at a time, by how many terms their sums have.
   *
   * @param shallow so few terms take {@code shallowRows}
   * @param middle so few take {@code middleRows}, and more {@code deepRows}
   */
  private record Slices(int shallow, int shallowRows, int middle, int middleRows, int deepRows) {

    static Slices of(KernelTuning tuning) {
      int middleRows = tuning.get(MIDDLE_ROWS);
      int perTerm = tuning.get(PANEL_COLUMNS) * middleRows;
      return new Slices(
          tuning.get(SHALLOW_DEPTH),
          tuning.get(SHALLOW_ROWS),
          tuning.get(UNPACKED_MULTIPLICATIONS) / perTerm,
          middleRows,
          tuning.get(DEEP_ROWS));
    }

    int rows(int terms) {
      if (terms <= shallow) {
        return shallowRows;
      }
      return terms <= middle ? middleRows : deepRows;
    }
  }

  private final int depth;
  private final int width;
  private final int columns;

  /** Columns that BLAS keeps in registers: panels that are wider have a gap behind each row. */
  private final int narrowest;

  /** Columns of a panel, if so many are left. */
  private final int panelWidth;

  private final int gap;

  /** No panel goes over a multiple of so many columns. */
  private final int span;

  /** How few rows are multiplied by as many columns as a panel has, and by how many others are. */
  private final int fewRows;

  private final int columnsOfMany;

  private final boolean packs;
  private final int rowsOneByOne;
  private final int unpacked;
  private final Slices slices;
  private final boolean isReversible;
  private final OffHeapFloats weights = new OffHeapFloats();

  /** The same weights for products of several rows, where those would be packed at each call. */
  private final @Nullable TiledWeights tiled;

  private final int tiledRows;

  /**
   * @param split first of the rows that are multiplied alone at times; {@code depth} for none
   */
  PackedWeights(int depth, int split, int blocks, int width, KernelTuning tuning) {
    this.narrowest = tuning.get(PANEL_COLUMNS);
    this.gap = tuning.get(PANEL_GAP);
    this.packs = tuning.packs();
    this.fewRows = packs ? Integer.MAX_VALUE : tuning.get(ROW_MAJOR_ROWS);
    this.columnsOfMany = 2 * narrowest;
    this.rowsOneByOne = tuning.get(ROWS_ONE_BY_ONE);
    this.unpacked = tuning.get(UNPACKED_MULTIPLICATIONS);
    this.slices = Slices.of(tuning);
    this.depth = depth;
    this.width = width;
    this.columns = Math.multiplyExact(blocks, width);
    this.panelWidth = panelWidth(depth, tuning);
    // Blocks that do not fit would be cut into more pieces than they have to be.
    boolean fits = width % narrowest == 0 || columns <= panelWidth;
    this.span = panelWidth > narrowest && fits ? columns : width;
    weights.ensure(Math.multiplyExact((long) depth, columns + gaps(columns)));
    this.isReversible = weights.bytes() <= tuning.get(REVERSED_BYTES);
    this.tiledRows = tuning.get(TILED_ROWS);
    this.tiled = tuning.tiles() ? new TiledWeights(depth, split, blocks, width) : null;
  }

  private static int panelWidth(int depth, KernelTuning tuning) {
    int wide = tuning.get(WIDE_PANEL_COLUMNS);
    int most = tuning.get(WIDE_PANEL_NUMBERS);
    while (wide > tuning.get(PANEL_COLUMNS) && (long) wide * depth > most) {
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
    return weights.bytes() + (tiled == null ? 0 : tiled.bytes());
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
    if (tiled != null) {
      tiled.fill(rowFrom, matrix);
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
    return size == panelWidth && size > narrowest ? size + gap : size;
  }

  /** What is left free in a row of all panels that end before a column. */
  private int gaps(int column) {
    int full = column / span * (span / panelWidth) + column % span / panelWidth;
    return panelWidth > narrowest ? full * gap : 0;
  }

  private long index(int row, int column) {
    int start = panelStart(column);
    return (long) depth * (start + gaps(start)) + (long) row * panelStride(start) + column - start;
  }

  /**
   * out = x times some rows of the matrix + beta out.
   *
   * @param product whose x has as many columns as rows of the matrix are taken
   * @param depthFrom first of those rows
   * @param isBackward whether to begin with the last panel, if it is worth it: who multiplies by
   *     the same matrix again finds there what is still in the cache
   */
  void multiply(Product product, int depthFrom, float beta, boolean isBackward) {
    MatrixView x = product.x;
    if (tiled != null && x.rows() >= tiledRows && tiled.isPart(depthFrom, x.columns())) {
      tiled.multiply(product, depthFrom, beta, isBackward && isReversible);
    } else {
      multiplyPanels(product, depthFrom, beta, isBackward);
    }
  }

  private void multiplyPanels(Product product, int depthFrom, float beta, boolean isBackward) {
    MatrixView x = product.x;
    int most = x.rows() <= fewRows ? panelWidth : columnsOfMany;
    // Blocks that lie side by side are as good as one.
    boolean isOneBlock = product.blockStride() == width && product.rowStride() >= columns;
    int outSpan = isOneBlock ? columns : width;
    boolean isTurned = isBackward && isReversible;
    int done = 0;
    while (done < columns) {
      int column = isTurned ? columns - 1 - done : done;
      int block = column - column % outSpan;
      int start = Math.max(panelStart(column), block);
      start += (column - start) / most * most;
      int end = Math.min(Math.min(panelEnd(column), block + outSpan), start + most);
      int size = end - start;
      long panel = weights.address(index(depthFrom, start));
      product.panel.at(panel, x.columns(), size, panelStride(start));
      long out = product.address(start / width, start % width);
      product.target.at(out, x.rows(), size, product.rowStride());
      multiplyPanel(product, beta);
      done += size;
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
    int slice = slices.rows(depthCount);
    int deepest = Math.max(1, unpacked / (Math.max(narrowest, size) * Math.min(slice, rows)));
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

  @Override
  public void close() {
    weights.close();
    if (tiled != null) {
      tiled.close();
    }
  }
}
