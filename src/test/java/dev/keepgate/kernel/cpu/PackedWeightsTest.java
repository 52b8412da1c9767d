package dev.keepgate.kernel.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Products of matrices of any size against plain loops in double precision. */
class PackedWeightsTest {

  private final long seed = Long.getLong("keepgate.seed", new Random().nextInt(1_000_000));
  private final Random random = new Random(seed);

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  @RepeatedTest(100)
  void productsOfAnySizeAreThoseOfPlainLoops() {
    int depth = 1 + random.nextInt(random.nextBoolean() ? 700 : 150);
    int width = random.nextBoolean() ? 64 * (1 + random.nextInt(4)) : 1 + random.nextInt(300);
    check(depth, random.nextBoolean() ? 4 : 1, width, 1 + random.nextInt(40));
  }

  @Test
  void productsAtTheEdgesOfPanelsAreThoseOfPlainLoops() {
    for (int rows : new int[] {1, 3, 4, 5, 33, 65, 130}) {
      check(140, 4, 64, rows);
      check(141, 4, 65, rows);
      check(160, 4, 64, rows);
      check(161, 4, 64, rows);
      check(281, 4, 128, rows);
      check(282, 4, 63, rows);
      check(1100, 2, 129, rows);
    }
  }

  /** Both ways, whatever this machine's BLAS does, and a tuning whose every size is odd. */
  private void check(int depth, int blocks, int width, int rows) {
    for (KernelTuning tuning : Tunings.ALL) {
      checkOneWay(depth, blocks, width, rows, tuning);
    }
  }

  private void checkOneWay(int depth, int blocks, int width, int rows, KernelTuning tuning) {
    float[] matrix = floats(depth * blocks * width);
    float[] x = floats(rows * depth);
    float[] before = floats(blocks * rows * width);
    int split = 1 + random.nextInt(depth);
    // All rows of the matrix, those above and below where it is split, and some others.
    for (Terms terms :
        List.of(
            new Terms(split, 0, depth),
            new Terms(split, 0, split),
            new Terms(split, split % depth, depth - split % depth),
            new Terms(split, depth / 2, depth - depth / 2))) {
      for (boolean isByRow : new boolean[] {false, true}) {
        for (boolean isBackward : new boolean[] {false, true}) {
          Problem problem = new Problem(depth, blocks, width, rows, terms);
          problem.assertRight(matrix, x, before, isByRow, isBackward, tuning);
        }
      }
    }
  }

  private float[] floats(int count) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = 2 * random.nextFloat() - 1;
    }
    return floats;
  }

  /** Which rows of the matrix are taken. */
  private record Terms(int split, int from, int count) {}

  /** The rows of x times those rows of the matrix, added to what there was. */
  private final class Problem {

    private final int depth;
    private final int blocks;
    private final int width;
    private final int rows;
    private final Terms terms;

    Problem(int depth, int blocks, int width, int rows, Terms terms) {
      this.depth = depth;
      this.blocks = blocks;
      this.width = width;
      this.rows = rows;
      this.terms = terms;
    }

    void assertRight(
        float[] matrix,
        float[] x,
        float[] before,
        boolean isByRow,
        boolean isBackward,
        KernelTuning tuning) {
      int rowStride = isByRow ? blocks * width : width;
      int blockStride = isByRow ? width : rows * width;
      int from = terms.from();
      int count = terms.count();
      try (PackedWeights packed = new PackedWeights(depth, terms.split(), blocks, width, tuning);
          OffHeapFloats tiles = new OffHeapFloats();
          OffHeapFloats left = new OffHeapFloats();
          OffHeapFloats out = new OffHeapFloats()) {
        packed.fill(0, matrix);
        left.ensure((long) rows * count);
        for (int row = 0; row < rows; row++) {
          left.put((long) row * count, x, row * depth, count);
        }
        out.ensure(before.length);
        out.put(0, before, 0, before.length);
        Product product = new Product(tiles).of(left, rows, count);
        packed.multiply(product.into(out, 0, rowStride, blockStride), from, 1, isBackward);
        for (int column = 0; column < blocks * width; column++) {
          int row = random.nextInt(rows);
          int at = column / width * blockStride + row * rowStride + column % width;
          double sum = 0;
          for (int k = 0; k < count; k++) {
            sum += (double) x[row * depth + k] * matrix[(from + k) * blocks * width + column];
          }
          double expected = before[at] + sum;
          assertThat((double) out.view().get(at))
              .as(
                  "seed %d, %d x (%d, %d of %d), %s, column %d, %s",
                  seed, rows, depth, blocks, width, terms, column, tuning)
              .isCloseTo(expected, within(1e-4));
        }
      }
    }
  }
}
