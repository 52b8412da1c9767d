package dev.keepgate.bench;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/**
 * What one core can do at best.
 *
 * @param gemmGflops the fastest product of matrices, large or small, that BLAS managed
 * @param readGbs streaming read from memory
 */
record MachineLimits(double gemmGflops, double readGbs) {

  private static final int ROUNDS = 15;

  static MachineLimits measure() {
    double best = 0;
    for (int size : new int[] {64, 96, 128, 512, 2048}) {
      best = Math.max(best, gemm(size));
    }
    return new MachineLimits(best, read());
  }

  private static double gemm(int size) {
    long count = (long) size * size;
    try (FloatPointer a = filled(count);
        FloatPointer b = filled(count);
        FloatPointer c = filled(count)) {
      int times = (int) Math.max(1, 2e9 / (2.0 * size * size * size) / 20);
      double best = Double.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
          openblas.cblas_sgemm(
              openblas.CblasColMajor,
              openblas.CblasNoTrans,
              openblas.CblasNoTrans,
              size,
              size,
              size,
              1,
              a,
              size,
              b,
              size,
              0,
              c,
              size);
        }
        best = Math.min(best, (System.nanoTime() - start) / (double) times);
      }
      return 2.0 * size * size * size / best;
    }
  }

  private static double read() {
    int count = 64 << 20;
    try (FloatPointer values = filled(count)) {
      double best = Double.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        if (openblas.cblas_sasum(count, values, 1) < 0) {
          throw new IllegalStateException("a sum of sizes is negative");
        }
        best = Math.min(best, (double) (System.nanoTime() - start));
      }
      return count * (double) Float.BYTES / best;
    }
  }

  private static FloatPointer filled(long count) {
    FloatPointer pointer = new FloatPointer(count);
    float[] piece = new float[4096];
    Arrays.fill(piece, 0.5f);
    for (long i = 0; i < count; i += piece.length) {
      pointer.position(i).put(piece, 0, (int) Math.min(piece.length, count - i));
    }
    return pointer.position(0);
  }
}
