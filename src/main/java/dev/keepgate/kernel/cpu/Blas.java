package dev.keepgate.kernel.cpu;

import org.bytedeco.openblas.global.openblas;

/**
 * Products of row-major matrices on the BLAS that ND4J loads, without an allocation a call.
 *
 * <p>A row-major matrix is its transpose in column-major order, and that is how BLAS is called:
 * transposed products of transposed matrices.
 */
final class Blas {

  private static final int PROBES = 200;

  private Blas() {}

  /** out = x weights + beta out. */
  static void multiply(MatrixView x, MatrixView weights, float beta, MatrixView out) {
    openblas.cblas_sgemm(
        openblas.CblasColMajor,
        openblas.CblasNoTrans,
        openblas.CblasNoTrans,
        weights.columns(),
        x.rows(),
        x.columns(),
        1,
        weights,
        weights.stride(),
        x,
        x.stride(),
        beta,
        out,
        out.stride());
  }

  /** The same of one row, by the product of a matrix with a vector. */
  static void multiplyRow(MatrixView x, MatrixView weights, float beta, MatrixView out) {
    openblas.cblas_sgemv(
        openblas.CblasColMajor,
        openblas.CblasNoTrans,
        weights.columns(),
        x.columns(),
        1,
        weights,
        weights.stride(),
        x,
        1,
        beta,
        out,
        1);
  }

  /**
   * Times whether products as small as a panel's are packed first: there are BLAS kernels that do
   * and others that do not. A product with one column costs many times one with a vector if the
   * matrix is packed.
   */
  static boolean packsSmallProducts() {
    int columns = 64;
    int depth = 128;
    try (OffHeapFloats weights = new OffHeapFloats();
        OffHeapFloats x = new OffHeapFloats();
        OffHeapFloats out = new OffHeapFloats()) {
      weights.ensure((long) depth * columns);
      x.ensure(depth);
      out.ensure(columns);
      weights.put(0, new float[depth * columns], 0, depth * columns);
      x.put(0, new float[depth], 0, depth);
      MatrixView left = new MatrixView().at(x.address(0), 1, depth, depth);
      MatrixView right = new MatrixView().at(weights.address(0), depth, columns, columns);
      MatrixView into = new MatrixView().at(out.address(0), 1, columns, columns);
      long vector = Long.MAX_VALUE;
      long matrix = Long.MAX_VALUE;
      for (int i = 0; i < PROBES; i++) {
        long start = System.nanoTime();
        multiplyRow(left, right, 0, into);
        long between = System.nanoTime();
        multiply(left, right, 0, into);
        vector = Math.min(vector, between - start);
        matrix = Math.min(matrix, System.nanoTime() - between);
      }
      return matrix > 3 * vector;
    }
  }
}
