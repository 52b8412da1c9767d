package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
import dev.keepgate.kernel.layer.RecurrentCell.Run;

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
    this.outputSize = cell.config().outputSize();
    this.mostInputs = scratch.tuning.get(Parameter.INPUT_ROWS);
  }

  void run() {
    int hiddenSize = cell.config().hiddenSize();
    int[] ranks = run.steps().rows();
    for (int row = 0; row < rows; row++) {
      int from = ranks[first + row];
      System.arraycopy(
          run.before().get(0), from * outputSize, scratch.h, row * outputSize, outputSize);
      System.arraycopy(
          run.before().get(1), from * hiddenSize, scratch.c, row * hiddenSize, hiddenSize);
    }
    takeSteps();
    for (int row = 0; row < rows; row++) {
      int to = ranks[first + row];
      System.arraycopy(
          scratch.h, row * outputSize, run.after().get(0), to * outputSize, outputSize);
      System.arraycopy(
          scratch.c, row * hiddenSize, run.after().get(1), to * hiddenSize, hiddenSize);
    }
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
    int width = cell.config().inputSize();
    scratch.turn();
    for (int row = 0; row < active; row++) {
      cell.stageFused(scratch, row, run.x(), source(row) * width, scratch.h);
    }
    cell.multiplyFused(scratch, active);
    cell.advance(scratch, 0, active, scratch.h, scratch.c);
    answer(step, active);
  }

  /** The input's part of all these steps at once: one large product in place of many small ones. */
  private void takeMany(int step, int end, int total) {
    int width = cell.config().inputSize();
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
      cell.addRecurrent(scratch, scratch.h, active, from);
      cell.advance(scratch, from, active, scratch.h, scratch.c);
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
      System.arraycopy(scratch.h, row * outputSize, run.outputs(), to * outputSize, outputSize);
      if (run.trace() != null) {
        cell.trace(scratch, row, scratch.c, run.trace(), to);
      }
    }
    packed += run.steps().active()[step];
  }
}
