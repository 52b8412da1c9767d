package dev.keepgate.kernel.cpu;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/**
 * Products on the BLAS that ND4J loads, without an allocation a call. Belongs to one thread at a
 * time.
 */
public final class Blas {

  /**
   * Whether products as small as a panel's are packed first: there are such kernels and others.
   * Timed when this is first asked for, unless it is set.
   */
  private static boolean packs = timePacking();

  private static final int PROBES = 200;

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

  /** y = a x + beta y, a column-major [m, k]. */
  void multiplyVector(int m, int k, long a, int lda, long x, float beta, long y) {
    openblas.cblas_sgemv(
        openblas.CblasColMajor,
        openblas.CblasNoTrans,
        m,
        k,
        1,
        this.a.at(a),
        lda,
        this.b.at(x),
        1,
        beta,
        this.c.at(y),
        1);
  }

  public static boolean packs() {
    return packs;
  }

  /** Sets what is timed otherwise. */
  public static void setPacks(boolean asked) {
    packs = asked;
  }

  /** A product with one column costs many times one with a vector if the matrix is packed. */
  private static boolean timePacking() {
    int m = 64;
    int k = 128;
    try (OffHeapFloats a = new OffHeapFloats();
        OffHeapFloats x = new OffHeapFloats();
        OffHeapFloats y = new OffHeapFloats()) {
      a.ensure((long) m * k);
      x.ensure(k);
      y.ensure(m);
      a.put(0, new float[m * k], 0, m * k);
      x.put(0, new float[k], 0, k);
      Blas blas = new Blas();
      long vector = Long.MAX_VALUE;
      long matrix = Long.MAX_VALUE;
      for (int i = 0; i < PROBES; i++) {
        long start = System.nanoTime();
        blas.multiplyVector(m, k, a.address(0), m, x.address(0), 0, y.address(0));
        long between = System.nanoTime();
        blas.multiply(m, 1, k, a.address(0), m, x.address(0), k, 0, y.address(0), m);
        vector = Math.min(vector, between - start);
        matrix = Math.min(matrix, System.nanoTime() - between);
      }
      return matrix > 3 * vector;
    }
  }
}
