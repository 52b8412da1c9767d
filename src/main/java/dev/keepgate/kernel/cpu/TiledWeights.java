package dev.keepgate.kernel.cpu;

/**
 * A weight matrix [depth, blocks * width] as {@link MicroKernel} takes it: cut into an upper and a
 * lower part, which are multiplied together or alone, and each part into tiles of columns, none of
 * which goes over the border of a block.
 */
final class TiledWeights implements AutoCloseable {

  /** Numbers of the weights that are multiplied by all rows before the next, in a cache. */
  private static final int CHUNK_NUMBERS = 1 << 16;

  private static final int LEAST_CHUNK = 256;

  private final int depth;
  private final int split;
  private final int blocks;
  private final int width;
  private final OffHeapFloats weights = new OffHeapFloats();

  /**
   * @param split first row of the lower part; {@code depth} where there is none
   */
  TiledWeights(int depth, int split, int blocks, int width) {
    this.depth = depth;
    this.split = split;
    this.blocks = blocks;
    this.width = width;
    weights.ensure((long) depth * blocks * width);
  }

  long bytes() {
    return weights.bytes();
  }

  /** Whether some rows of the matrix are one of the parts, or both. */
  boolean isPart(int depthFrom, int count) {
    int end = depthFrom + count;
    return (depthFrom == 0 || depthFrom == split) && (end == split || end == depth);
  }

  /**
   * Lays rows of the matrix out.
   *
   * @param rowFrom first row
   * @param matrix [rows, blocks * width], row-major
   */
  void fill(int rowFrom, float[] matrix) {
    int end = rowFrom + matrix.length / (blocks * width);
    int middle = Math.max(rowFrom, Math.min(split, end));
    fillPart(rowFrom, middle, 0, split, matrix, rowFrom);
    fillPart(middle, end, split, depth, matrix, rowFrom);
  }

  private void fillPart(int from, int to, int start, int end, float[] matrix, int matrixFrom) {
    int columns = blocks * width;
    for (int block = 0; block < columns && from < to; block += width) {
      int size;
      for (int column = 0; column < width; column += size) {
        size = Math.min(MicroKernel.COLUMNS, Integer.highestOneBit(width - column));
        float[] tile = new float[(to - from) * size];
        for (int row = from; row < to; row++) {
          int source = (row - matrixFrom) * columns + block + column;
          System.arraycopy(matrix, source, tile, (row - from) * size, size);
        }
        long at = index(start, end, block + column) + (long) (from - start) * size;
        weights.put(at, tile, 0, tile.length);
      }
    }
  }

  /** Where the tile begins that begins with a column. */
  private long index(int start, int end, int column) {
    return (long) start * blocks * width + (long) column * (end - start);
  }

  /**
   * out = x times some rows of the matrix + beta out.
   *
   * @param product whose x has as many columns as rows of the matrix are taken
   * @param depthFrom first of those rows, which are {@link #isPart parts}
   * @param beta 0 or 1
   * @param isBackward whether to begin with the last columns: who multiplies by the same matrix
   *     again finds there what is still in the cache
   */
  void multiply(Product product, int depthFrom, float beta, boolean isBackward) {
    int rows = product.x.rows();
    // Blocks of whole tiles that lie side by side are as good as one.
    boolean isOne =
        width % MicroKernel.COLUMNS == 0
            && product.blockStride() == width
            && product.rowStride() >= blocks * width;
    int span = isOne ? blocks * width : width;
    if (beta == 0) {
      for (int block = 0; block < blocks * width; block += span) {
        MicroKernel.clear(span, rows, product.address(block / width, 0), product.rowStride());
      }
    }
    int depthTo = depthFrom + product.x.columns();
    int start = depthFrom;
    while (start < depthTo) {
      int end = start < split ? split : depth;
      product.tiles.ensure((long) rows * (end - start));
      MicroKernel.pack(
          product.x,
          product.x.address() + (long) (start - depthFrom) * Float.BYTES,
          end - start,
          product.tiles.address(0));
      multiplyPart(product, start, end, span, isBackward);
      start = end;
    }
  }

  private void multiplyPart(Product product, int start, int end, int span, boolean isBackward) {
    int count = end - start;
    int chunk = Math.max(LEAST_CHUNK, CHUNK_NUMBERS / count / LEAST_CHUNK * LEAST_CHUNK);
    int perBlock = (span + chunk - 1) / chunk;
    int chunks = blocks * width / span * perBlock;
    for (int i = 0; i < chunks; i++) {
      int next = isBackward ? chunks - 1 - i : i;
      int block = next / perBlock * span;
      int column = next % perBlock * chunk;
      MicroKernel.multiply(
          Math.min(chunk, span - column),
          product.x.rows(),
          count,
          weights.address(index(start, end, block + column)),
          product.tiles.address(0),
          product.address(block / width, column),
          product.rowStride());
    }
  }

  @Override
  public void close() {
    weights.close();
  }
}
