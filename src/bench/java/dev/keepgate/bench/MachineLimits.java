package dev.keepgate.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/**
 * What one core can do at best.
 *
 * @param gemmGflops the fastest product of matrices, large or small, that BLAS managed
 * @param readGbs streaming read, by how many bytes are read again and again: those of a cache are
 *     read faster than those of memory
 */
record MachineLimits(double gemmGflops, NavigableMap<Long, Double> readGbs) {

  private static final int SMALLEST = 16 << 10;
  private static final int LARGEST = 256 << 20;

  private static final int ROUNDS = 15;

  static MachineLimits measure() {
    double best = 0;
    for (int size : new int[] {64, 96, 128, 512, 2048}) {
      best = Math.max(best, gemm(size));
    }
    NavigableMap<Long, Double> reads = new TreeMap<>();
    for (int bytes = SMALLEST; bytes <= LARGEST; bytes *= 2) {
      reads.put((long) bytes, read(bytes));
    }
    return new MachineLimits(best, reads);
  }

  /**
   * The least time that a computation takes: that of its products, or that of reading its weights
   * (Williams and others, Roofline, 2009).
   *
   * @param flops multiplications and additions
   * @param bytes that are read in all
   * @param weights of which they are read again and again, in bytes
   * @return microseconds
   */
  double leastMicros(double flops, double bytes, long weights) {
    return Math.max(flops / gemmGflops, bytes / bandwidth(weights)) / 1e3;
  }

  /** Gigabytes a second of reading so many bytes again and again. */
  private double bandwidth(long bytes) {
    Map.Entry<Long, Double> measured = readGbs.ceilingEntry(bytes);
    return measured == null ? memoryGbs() : measured.getValue();
  }

  /** Streaming read from memory. */
  double memoryGbs() {
    return readGbs.lastEntry().getValue();
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

  private static double read(int bytes) {
    int count = bytes / Float.BYTES;
    int times = Math.max(1, LARGEST / 8 / bytes);
    try (FloatPointer values = filled(count)) {
      double best = Double.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
          if (openblas.cblas_sasum(count, values, 1) < 0) {
            throw new IllegalStateException("a sum of sizes is negative");
          }
        }
        best = Math.min(best, (System.nanoTime() - start) / (double) times);
      }
      return bytes / best;
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
