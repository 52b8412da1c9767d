package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.StepRow;
import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The input's part of steps to come, for a few rows whose weights are too many for the cache: such
 * a batch waits for memory, and this way the input's weights are read once in some steps.
 */
final class PrecomputedInputs implements AutoCloseable {

  private final CpuCell cell;
  private final CpuScratch scratch;

  /** How many steps are computed at a time. */
  private final int depth;

  /** All gates of a row. */
  private final int width;

  /** [rows][depth][width]. */
  private final OffHeapFloats preActivations = new OffHeapFloats();

  /** Of each row, the first position that is there and the one behind the last. */
  private final int[] from;

  private final int[] to;

  private PrecomputedInputs(CpuCell cell, int rows, CpuScratch scratch) {
    this.cell = cell;
    this.scratch = scratch;
    this.depth = scratch.tuning.get(Parameter.PRECOMPUTED_STEPS);
    this.width = PreActivations.GATES * cell.hiddenSize();
    this.from = new int[rows];
    this.to = new int[rows];
  }

  /** Null where it would not pay. */
  static @Nullable PrecomputedInputs of(CpuCell cell, int capacity, CpuScratch scratch) {
    KernelTuning tuning = scratch.tuning;
    return cell.bytes() < tuning.get(Parameter.PRECOMPUTED_BYTES)
        ? null
        : new PrecomputedInputs(
            cell, Math.min(capacity, tuning.get(Parameter.PRECOMPUTED_ROWS)), scratch);
  }

  /** A new row takes this place. */
  void forget(int row) {
    if (row < to.length) {
      from[row] = 0;
      to[row] = 0;
    }
  }

  /** A row takes another's place. */
  void move(int row, int place) {
    if (place >= to.length) {
      return;
    }
    if (row >= to.length) {
      forget(place);
    } else if (row != place) {
      from[place] = from[row];
      to[place] = to[row];
      if (from[row] < to[row]) {
        int all = depth * width;
        copy(preActivations.view(), row * all, preActivations.view(), place * all, all);
      }
    }
  }

  /**
   * Leaves the pre-activations of all rows in {@code scratch.preActivations}.
   *
   * @return false, having done nothing, if it does not pay at this step
   */
  boolean prepare(StepRow[] rows, int count) {
    if (count > to.length) {
      return false;
    }
    int missing = 0;
    for (int i = 0; i < count; i++) {
      if (!has(i, rows[i])) {
        if (rows[i].steps() - rows[i].position() == 1) {
          // It needs the input's weights now, and the others may as well use them.
          return false;
        }
        missing++;
      }
    }
    cell.ensure(scratch, depth * to.length);
    if (missing > 0) {
      compute(rows, count);
    }
    scratch.preActivations.lay(count, cell.hiddenSize(), count);
    for (int i = 0; i < count; i++) {
      int at = i * depth + rows[i].position() - from[i];
      copy(preActivations.view(), at * width, scratch.preActivations.view(), i * width, width);
    }
    return true;
  }

  private boolean has(int i, StepRow row) {
    return row.position() >= from[i] && row.position() < to[i];
  }

  private void compute(StepRow[] rows, int count) {
    preActivations.ensure((long) to.length * depth * width);
    int inputSize = cell.inputSize();
    int staged = 0;
    for (int i = 0; i < count; i++) {
      if (!has(i, rows[i])) {
        from[i] = rows[i].position();
        to[i] = Math.min(rows[i].steps(), from[i] + depth);
        for (int step = 0; step < to[i] - from[i]; step++) {
          int source = (rows[i].inputIndex() + step) * inputSize;
          cell.stageInput(scratch, staged++ * cell.inputWidth(), rows[i].input().x(), source);
        }
        // Marks it as one of those that are computed now.
        from[i] = ~from[i];
      }
    }
    // By row, as they are kept.
    cell.multiplyInputs(scratch, staged, to.length);
    int next = 0;
    for (int i = 0; i < count; i++) {
      if (from[i] < 0) {
        from[i] = ~from[i];
        next = keep(i, next);
      }
    }
  }

  private int keep(int row, int next) {
    int steps = to[row] - from[row];
    copy(
        scratch.preActivations.view(),
        next * width,
        preActivations.view(),
        row * depth * width,
        steps * width);
    return next + steps;
  }

  private static void copy(FloatBuffer from, int at, FloatBuffer to, int place, int length) {
    to.put(place, from, at, length);
  }

  @Override
  public void close() {
    preActivations.close();
  }
}
