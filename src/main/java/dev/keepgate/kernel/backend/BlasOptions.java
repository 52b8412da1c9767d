package dev.keepgate.kernel.backend;

/**
 * How the CPU's BLAS is to run.
 *
 * @param coreType whose kernels OpenBLAS takes: {@link #AUTO}, {@link #NONE} to leave it to
 *     OpenBLAS, or a name that it knows, such as {@code Haswell}
 * @param threads of one call; workers are what a server has for more processors
 */
public record BlasOptions(String coreType, int threads) {

  /** The AVX-512 kernels where the processor has what they need, else what OpenBLAS finds. */
  public static final String AUTO = "auto";

  public static final String NONE = "none";

  public static final BlasOptions DEFAULT = new BlasOptions(AUTO, 1);

  /**
   * @throws IllegalArgumentException if there is no core type or no thread
   */
  public BlasOptions {
    if (coreType.isBlank() || threads < 1) {
      throw new IllegalArgumentException(
          "BLAS needs a core type and at least one thread, got '%s' and %d"
              .formatted(coreType, threads));
    }
  }
}
