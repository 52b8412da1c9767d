package dev.keepgate.kernel;

/**
 * A weight matrix [depth, blocks * width], cut into panels of 64 columns of one block, each [depth,
 * 64] row-major in one piece.
 *
 * <p>OpenBLAS multiplies small matrices without packing them first, and 64 columns are what its
 * AVX-512 kernel keeps in registers. So a product by panels streams the weights once, in order,
 * where one large product would copy them first, at every call. Where BLAS packs small products
 * too, few rows are multiplied one by one while a panel is in the cache.
 */
final class Panels implements AutoCloseable {

  private static final int PANEL = 64;

  /** OpenBLAS packs a product of more multiplications than this. */
  private static final int UNPACKED = 1_000_000;

  private static final int MANY_ROWS = 16;
  private static final int FEW_ROWS = 8;

  /** Where products are packed: above so many rows, that is paid back. */
  private static final int MANY_VECTORS = 8;

  private final int depth;
  private final int blocks;
  private final int width;
  private final OffHeapFloats weights = new OffHeapFloats();

  Panels(int depth, int blocks, int width) {
    this.depth = depth;
    this.blocks = blocks;
    this.width = width;
    weights.ensure(Math.multiplyExact((long) depth * blocks, width));
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
   * @param factors [blocks]: each block is multiplied by its own
   */
  void fill(int rowFrom, float[] matrix, float... factors) {
    int columns = blocks * width;
    float[] piece = new float[PANEL];
    for (int row = 0; row < matrix.length / columns; row++) {
      for (int block = 0; block < blocks; block++) {
        for (int column = 0; column < width; column += PANEL) {
          int size = Math.min(PANEL, width - column);
          for (int j = 0; j < size; j++) {
            piece[j] = matrix[row * columns + block * width + column + j] * factors[block];
          }
          weights.put(index(rowFrom + row, block, column, size), piece, 0, size);
        }
      }
    }
  }

  private long index(int row, int block, int column, int panelWidth) {
    return (long) depth * ((long) block * width + column) + (long) row * panelWidth;
  }

  /**
   * out = x times some rows of the matrix + beta out.
   *
   * @param depthFrom first of those rows
   * @param depthCount how many: as many as x is wide
   * @param x [rows, xStride], from its beginning
   * @param out [blocks][outRows, width]; rows from {@code outFrom} on are written
   */
  void multiply(
      int depthFrom,
      int depthCount,
      int rows,
      OffHeapFloats x,
      int xStride,
      OffHeapFloats out,
      int outFrom,
      int outRows,
      float beta,
      Blas blas) {
    for (int block = 0; block < blocks; block++) {
      for (int column = 0; column < width; column += PANEL) {
        int size = Math.min(PANEL, width - column);
        long panel = weights.address(index(depthFrom, block, column, size));
        long to = out.address(((long) block * outRows + outFrom) * width + column);
        if (!Blas.PACKS) {
          addSmall(size, rows, depthCount, panel, x.address(0), xStride, beta, to, blas);
        } else if (rows > MANY_VECTORS) {
          blas.multiply(
              size, rows, depthCount, panel, size, x.address(0), xStride, beta, to, width);
        } else {
          for (int row = 0; row < rows; row++) {
            blas.multiplyVector(
                size,
                depthCount,
                panel,
                x.address((long) row * xStride),
                beta,
                to + (long) row * width * Float.BYTES);
          }
        }
      }
    }
  }

  /** In products so small that none is packed. */
  private void addSmall(
      int size,
      int rows,
      int depthCount,
      long panel,
      long x,
      int xStride,
      float beta,
      long out,
      Blas blas) {
    int slice = depthCount <= UNPACKED / (PANEL * MANY_ROWS) ? MANY_ROWS : FEW_ROWS;
    int deepest = UNPACKED / (PANEL * Math.min(slice, rows));
    int parts = (depthCount + deepest - 1) / deepest;
    int part = (depthCount + parts - 1) / parts;
    for (int row = 0; row < rows; row += slice) {
      for (int k = 0; k < depthCount; k += part) {
        blas.multiply(
            size,
            Math.min(slice, rows - row),
            Math.min(part, depthCount - k),
            panel + (long) k * size * Float.BYTES,
            size,
            x + ((long) row * xStride + k) * Float.BYTES,
            xStride,
            k == 0 ? beta : 1,
            out + (long) row * width * Float.BYTES,
            width);
      }
    }
  }

  @Override
  public void close() {
    weights.close();
  }
}
