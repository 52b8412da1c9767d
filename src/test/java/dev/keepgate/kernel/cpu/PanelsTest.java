package dev.keepgate.kernel.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.cpu.Panels.Piece;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class PanelsTest {

  private final long seed = Long.getLong("keepgate.seed", new Random().nextInt(1_000_000));
  private final Random random = new Random(seed);

  @RepeatedTest(50)
  void piecesHaveEachColumnOnceAndNoNumberTwice() {
    int depth = 1 + random.nextInt(400);
    int blocks = random.nextBoolean() ? 4 : 1;
    int width = random.nextBoolean() ? 64 * (1 + random.nextInt(4)) : 1 + random.nextInt(300);
    for (KernelTuning tuning : Tunings.ALL) {
      Panels panels = new Panels(depth, blocks, width, tuning);
      assertComplete(panels, panels.pieces(true), depth, blocks * width);
      assertComplete(panels, panels.pieces(false), depth, blocks * width);
    }
  }

  private void assertComplete(Panels panels, Piece[] pieces, int depth, int columns) {
    BitSet numbers = new BitSet();
    int next = 0;
    for (Piece piece : pieces) {
      assertThat(piece.start()).as("seed %s", seed).isEqualTo(next);
      next += piece.size();
      for (int row = 0; row < depth; row++) {
        int from = (int) piece.at() + row * piece.stride();
        assertThat(numbers.get(from, from + piece.size()).isEmpty()).as("seed %s", seed).isTrue();
        numbers.set(from, from + piece.size());
      }
    }
    assertThat(next).as("seed %s", seed).isEqualTo(columns);
    assertThat((long) numbers.length()).as("seed %s", seed).isLessThanOrEqualTo(panels.numbers());
  }

  @RepeatedTest(50)
  void aPieceOfOneBlockEndsWithIt() {
    int width = 1 + random.nextInt(300);
    for (KernelTuning tuning : Tunings.ALL) {
      for (Piece piece : new Panels(1 + random.nextInt(300), 4, width, tuning).pieces(false)) {
        assertThat(piece.start())
            .as("seed %s", seed)
            .isEqualTo(piece.block() * width + piece.column());
        assertThat(piece.column() + piece.size()).as("seed %s", seed).isLessThanOrEqualTo(width);
      }
    }
  }

  @Test
  void aShallowMatrixIsMultipliedInFewerCalls() {
    assertThat(new Panels(160, 4, 64, Tunings.NOT_PACKING).pieces(true)).hasSize(2);
    assertThat(new Panels(161, 4, 64, Tunings.NOT_PACKING).pieces(true)).hasSize(4);
  }
}
