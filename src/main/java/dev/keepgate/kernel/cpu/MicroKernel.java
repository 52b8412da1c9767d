package dev.keepgate.kernel.cpu;

import com.sun.jna.FunctionMapper;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The innermost loop of OpenBLAS' products on processors with AVX2, without what {@code
 * cblas_sgemm} does around it: that lays the weights out anew at every call, which takes as long as
 * multiplying several rows. Its operands are laid out as in Goto and van de Geijn, Anatomy of
 * High-Performance Matrix Multiplication (2008): weights in tiles of {@link #COLUMNS}, rows in
 * tiles of {@link #ROWS}, each tile's numbers of a term side by side.
 *
 * <p>OpenBLAS exports it, and promises nothing. So it is used on cores whose tiles are known, and
 * where its products are right when it is tried.
 */
final class MicroKernel {

  /** Columns of a tile of weights; what is left of a block is in tiles of 4, 2 and 1. */
  static final int COLUMNS = 8;

  /** Rows of a tile; what is left is in tiles of 2 and 1. */
  static final int ROWS = 4;

  private static final Logger log = LoggerFactory.getLogger(MicroKernel.class);

  private static final Set<String> CORES = Set.of("HASWELL", "ZEN");
  private static final String LIBRARY = "openblas";

  /** dlopen's RTLD_LAZY, which is local. */
  private static final int LAZY = 1;

  private static final int TRIES = 64;
  private static final double TOLERANCE = 1e-4;

  private MicroKernel() {}

  /** Tried once, when it is first asked for; the backend must have been loaded. */
  private static final class Holder {

    static final boolean IS_USABLE = bind() && isRight();
  }

  /** Whether this machine's BLAS has it, and it computes what it should. */
  static boolean isUsable() {
    return Holder.IS_USABLE;
  }

  /**
   * out += rows times weights.
   *
   * @param weights address of tiles of so many columns
   * @param rows address of tiles of rows
   * @param out row-major, whose next row is {@code stride} numbers on
   */
  static void multiply(
      int columns, int rowCount, int depth, long weights, long rows, long out, int stride) {
    int unused = kernel(columns, rowCount, depth, 1, weights, rows, out, stride);
  }

  /** Lays rows out in tiles. */
  static void pack(MatrixView x, long from, int depth, long to) {
    int unused = oncopy(depth, x.rows(), from, x.stride(), to);
  }

  /** out = 0. */
  static void clear(int columns, int rowCount, long out, int stride) {
    int unused = beta(columns, rowCount, 0, 0, 0, 0, 0, 0, out, stride);
  }

  // ---- OpenBLAS' own; all sizes are BLASLONG. Names are mapped to those of the core.

  private static native int kernel(
      long m, long n, long k, float alpha, long a, long b, long c, long ldc);

  private static native int oncopy(long k, long n, long b, long ldb, long to);

  private static native int beta(
      long m, long n, long k, float beta, long a, long lda, long b, long ldb, long c, long ldc);

  private static boolean bind() {
    Optional<String> library =
        Loader.getLoadedLibraries().entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(LIBRARY))
            .map(Map.Entry::getValue)
            .findFirst();
    if (library.isEmpty()) {
      return false;
    }
    try {
      String core =
          NativeLibrary.getInstance(library.get(), Map.of(Library.OPTION_OPEN_FLAGS, LAZY))
              .getFunction("openblas_get_corename")
              .invokeString(new Object[0], false)
              .toUpperCase(Locale.ROOT);
      if (!CORES.contains(core)) {
        return false;
      }
      FunctionMapper mapper = (any, method) -> "sgemm_%s_%s".formatted(method.getName(), core);
      Native.register(
          MicroKernel.class,
          NativeLibrary.getInstance(
              library.get(),
              Map.of(Library.OPTION_OPEN_FLAGS, LAZY, Library.OPTION_FUNCTION_MAPPER, mapper)));
      return true;
    } catch (LinkageError | RuntimeException e) {
      log.warn("OpenBLAS' inner kernel cannot be called; products of several rows are slower", e);
      return false;
    }
  }

  /** Products of odd sizes against plain loops. */
  private static boolean isRight() {
    Random random = new Random(TRIES);
    for (int i = 0; i < TRIES; i++) {
      int width = 1 + random.nextInt(40);
      int depth = 1 + random.nextInt(70);
      int rows = 1 + i % 27;
      double error = error(depth, width, rows, random);
      if (!(error <= TOLERANCE)) {
        log.warn(
            "OpenBLAS' inner kernel is off by {} and is not used; products of several rows are"
                + " slower",
            error);
        return false;
      }
    }
    return true;
  }

  private static double error(int depth, int width, int rows, Random random) {
    float[] matrix = floats(depth * width, random);
    float[] x = floats(rows * depth, random);
    try (TiledWeights weights = new TiledWeights(depth, 1 + random.nextInt(depth), 1, width);
        OffHeapFloats left = new OffHeapFloats();
        OffHeapFloats out = new OffHeapFloats();
        OffHeapFloats tiles = new OffHeapFloats()) {
      weights.fill(0, matrix);
      left.ensure(x.length);
      left.put(0, x, 0, x.length);
      out.ensure((long) rows * width);
      Product product = new Product(tiles).of(left, rows, depth).into(out, 0, width, width);
      weights.multiply(product, 0, 0, random.nextBoolean());
      double worst = 0;
      for (int at = 0; at < rows * width; at++) {
        double sum = 0;
        for (int k = 0; k < depth; k++) {
          sum += (double) x[at / width * depth + k] * matrix[k * width + at % width];
        }
        double error = Math.abs(out.view().get(at) - sum);
        // NaN, too, is worse than any error.
        worst = error <= worst ? worst : error;
      }
      return worst;
    }
  }

  private static float[] floats(int count, Random random) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = 2 * random.nextFloat() - 1;
    }
    return floats;
  }
}
