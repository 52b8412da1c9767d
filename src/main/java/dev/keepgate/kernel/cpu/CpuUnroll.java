package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
import dev.keepgate.kernel.layer.RecurrentCell.Run;
import dev.keepgate.kernel.layer.RecurrentCell.Slots;

/** Some rows of a batch on their way through one cell. */
final class CpuUnroll {

  private final CpuCell cell;
  private final Run run;
  private final int first;
  private final int rows;
  private final CpuScratch scratch;
  private final int outputSize;

  /** How many steps of all rows a product of inputs takes at most, unless a step has more. */
  private final int mostInputs;

  /** The packed index of the step that is next, at rank 0. */
  private int packed;

  /**
   * @param first the first row's rank
   * @param rows how many there are
   */
  CpuUnroll(CpuCell cell, Run run, int first, int rows, CpuScratch scratch) {
    this.cell = cell;
    this.run = run;
    this.first = first;
    this.rows = rows;
    this.scratch = scratch;
    this.outputSize = cell.outputSize();
    this.mostInputs = scratch.tuning.get(Parameter.INPUT_ROWS);
  }

  void run() {
    int[] ranks = run.steps().rows();
    int[] widths = cell.widths();
    for (int slot = 0; slot < widths.length; slot++) {
      for (int row = 0; row < rows; row++) {
        copyRow(run.before(), ranks[first + row], scratch.state, row, slot);
      }
    }
    takeSteps();
    for (int slot = 0; slot < widths.length; slot++) {
      for (int row = 0; row < rows; row++) {
        copyRow(scratch.state, row, run.after(), ranks[first + row], slot);
      }
    }
  }

  private void copyRow(Slots from, int fromRow, Slots to, int toRow, int slot) {
    int width = cell.widths()[slot];
    System.arraycopy(from.get(slot), fromRow * width, to.get(slot), toRow * width, width);
  }

  private void takeSteps() {
    int longest = run.steps().active().length;
    int step = 0;
    while (step < longest && active(step) > 0) {
      int end = step + 1;
      int total = multiplied(step);
      while (end < longest && active(end) > 0 && total + multiplied(end) <= mostInputs) {
        total += multiplied(end);
        end++;
      }
      if (end == step + 1) {
        takeOne(step);
      } else {
        takeMany(step, end, total);
      }
      step = end;
    }
  }

  /** How many of our rows run at a step. */
  private int active(int step) {
    return Math.min(rows, run.steps().active()[step] - first);
  }

  /** How many rows a step's products take. */
  private int multiplied(int step) {
    return cell.rowsOfProduct(active(step));
  }

  private void takeOne(int step) {
    int active = active(step);
    int width = cell.inputSize();
    scratch.turn();
    for (int row = 0; row < active; row++) {
      cell.stageFused(scratch, row, run.x(), source(row) * width, scratch.state.get(0));
    }
    cell.multiplyFused(scratch, active);
    cell.advance(scratch, 0, active, scratch.state);
    answer(step, active);
  }

  /** The input's part of all these steps at once: one large product in place of many small ones. */
  private void takeMany(int step, int end, int total) {
    int width = cell.inputSize();
    int at = 0;
    int start = packed;
    for (int s = step; s < end; s++) {
      int last = active(s) - 1;
      for (int row = 0; row < multiplied(s); row++) {
        cell.stageInput(scratch, at, run.x(), source(Math.min(row, last)) * width);
        at += cell.inputWidth();
      }
      packed += run.steps().active()[s];
    }
    packed = start;
    cell.multiplyInputs(scratch, total, active(step));
    int from = 0;
    for (int s = step; s < end; s++) {
      int active = active(s);
      scratch.turn();
      cell.addRecurrent(scratch, scratch.state.get(0), active, from);
      cell.advance(scratch, from, active, scratch.state);
      answer(s, active);
      from += multiplied(s);
    }
  }

  /** Where in [batch, time] the next step of a row is. */
  private int source(int row) {
    return run.steps().sources()[packed + first + row];
  }

  private void answer(int step, int active) {
    for (int row = 0; row < active; row++) {
      int to = source(row);
      System.arraycopy(
          scratch.state.get(0), row * outputSize, run.outputs(), to * outputSize, outputSize);
      if (run.trace() != null) {
        cell.trace(scratch, row, scratch.state, run.trace(), to);
      }
    }
    packed += run.steps().active()[step];
  }
}
