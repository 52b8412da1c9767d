package dev.keepgate.kernel;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/**
 * Products on the BLAS that ND4J loads, without an allocation a call. Belongs to one thread at a
 * time.
 */
final class Blas {

  private final Address a = new Address();
  private final Address b = new Address();
  private final Address c = new Address();

  /** A pointer that can be set to where something lies. */
  private static final class Address extends FloatPointer {
    Address at(long where) {
      address = where;
      return this;
    }
  }

  /**
   * c = a b + beta c, column-major.
   *
   * @param m rows of a and c
   * @param n columns of b and c
   * @param k columns of a, rows of b
   */
  void multiply(
      int m, int n, int k, long a, int lda, long b, int ldb, float beta, long c, int ldc) {
    openblas.cblas_sgemm(
        openblas.CblasColMajor,
        openblas.CblasNoTrans,
        openblas.CblasNoTrans,
        m,
        n,
        k,
        1,
        this.a.at(a),
        lda,
        this.b.at(b),
        ldb,
        beta,
        this.c.at(c),
        ldc);
  }
}
