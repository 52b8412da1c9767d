package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.StepRow;
import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
import dev.keepgate.kernel.layer.PackedSteps;
import dev.keepgate.kernel.layer.RecurrentCell.Run;
import dev.keepgate.kernel.layer.RecurrentCell.Slots;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A few steps of a few rows, taken through a stack of cells layer after layer.
 *
 * <p>Step by step, few rows read all weights of the stack from memory at every step. Layer after
 * layer, they read a layer's once for the whole block, and multiply by the input's part of them
 * once. Who joins waits for the block to end: that is why it is short, and why many rows, which
 * compute longer than they wait for memory, have none.
 */
final class TimeBlock {

  private final int capacity;
  private final int mostRows;
  private final int mostSteps;

  /** A cell's [capacity, outputSize]; allocated when first used. */
  private final float[][] outputs;

  private final List<@Nullable CpuCell> cells;
  private PackedSteps steps = PackedSteps.full(0, 0);

  /**
   * @param cells of each layer; null where a layer is not recurrent
   * @param capacity how many rows there may be, and so how many steps of all rows together
   */
  TimeBlock(List<@Nullable CpuCell> cells, int capacity, KernelTuning tuning) {
    this.cells = cells;
    this.capacity = capacity;
    this.outputs = new float[cells.size()][];
    int stacked = 0;
    long bytes = 0;
    for (CpuCell cell : cells) {
      stacked += cell == null ? 0 : 1;
      bytes += cell == null ? 0 : cell.bytes();
    }
    boolean isFromMemory = bytes > tuning.get(Parameter.TIME_BLOCK_MEMORY_BYTES);
    int rows =
        tuning.get(isFromMemory ? Parameter.TIME_BLOCK_MEMORY_ROWS : Parameter.TIME_BLOCK_ROWS);
    this.mostSteps = tuning.get(Parameter.TIME_BLOCK_STEPS);
    this.mostRows = stacked > 1 ? rows : 0;
  }

  /**
   * How many steps the rows take together now: 1 where a block does not pay, and none past the last
   * of any row.
   */
  int steps(StepRow[] rows, int count) {
    if (count == 0 || count > mostRows) {
      return 1;
    }
    int most = Math.min(mostSteps, capacity / count);
    for (int i = 0; i < count; i++) {
      most = Math.min(most, rows[i].steps() - rows[i].position());
    }
    if (steps.rows().length != count || steps.active().length != most) {
      steps = PackedSteps.full(count, most);
    }
    return most;
  }

  /** How many such blocks the rows can take one after the other, none past the last of any row. */
  int blocks(StepRow[] rows, int count, int steps) {
    int left = Integer.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      left = Math.min(left, rows[i].steps() - rows[i].position());
    }
    return left / steps;
  }

  /** Where a layer's outputs go, [rows, steps, outputSize]. */
  float[] outputs(int layer) {
    CpuCell cell = cells.get(layer);
    if (outputs[layer] == null && cell != null) {
      outputs[layer] = new float[capacity * cell.outputSize()];
    }
    return outputs[layer];
  }

  /**
   * Takes a cell through the steps that {@link #steps} has told last.
   *
   * @param x [rows, steps, inputSize]
   * @param state the cell's slots, [rows, width] each, before and then after
   */
  void run(CpuCell cell, float[] x, Slots state, float[] out, CpuScratch scratch) {
    cell.run(new Run(steps, x, state, out, state, null), scratch);
  }
}
