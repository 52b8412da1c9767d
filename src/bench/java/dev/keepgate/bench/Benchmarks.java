package dev.keepgate.bench;

import org.bytedeco.openblas.global.openblas;

/** Runs the benchmark that the first argument names. */
final class Benchmarks {

  private Benchmarks() {}

  public static void main(String[] args) {
    openblas.blas_set_num_threads(1);
    boolean isQuick = args.length > 1 && Boolean.parseBoolean(args[1]);
    System.out.println(MachineLimits.measure());
    int[] sizes = isQuick ? new int[] {64, 256, 512} : new int[] {64, 128, 256, 512, 1024};
    int[] batches = isQuick ? new int[] {1, 8, 32} : new int[] {1, 2, 4, 8, 16, 32, 64};
    int[] times = {1, 50};
    int[] threads = isQuick ? new int[] {1} : new int[] {1, 2};
    new KernelBenchmark(isQuick ? 60 : 60, !isQuick).run(sizes, batches, times, threads);
  }
}
