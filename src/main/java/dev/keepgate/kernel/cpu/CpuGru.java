package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.FloatFunctions.activateManyInPlace;
import static dev.keepgate.kernel.cpu.FloatFunctions.clipInPlace;

import dev.keepgate.model.CellTrace;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.GruConfig;

/**
 * One GRU cell with its weights packed: the update and reset gate in one matrix, the candidate in
 * another, as what its recurrent part is multiplied by, or where it is added, is not the gates'.
 *
 * <p>The pre-activations have four blocks: update, reset, what the candidate has of x, and what it
 * has of h where the reset comes after the product.
 */
final class CpuGru extends CpuCell {

  private static final int GATES = 2;
  private static final int UPDATE = 0;
  private static final int RESET = 1;
  private static final int CANDIDATE = 2;
  private static final int RECURRENT = 3;

  private final GruConfig config;
  private final PackedWeights gates;
  private final PackedWeights candidate;
  private final float[] resetBias;

  CpuGru(GruCell cell, KernelTuning tuning) {
    super(cell, tuning);
    this.config = cell.config();
    this.resetBias = cell.resetBias();
    int hidden = hiddenSize();
    this.gates = new PackedWeights(fusedWidth(), inputWidth(), GATES, hidden, tuning);
    this.candidate = new PackedWeights(fusedWidth(), inputWidth(), 1, hidden, tuning);
    fill(0, cell.inputKernel());
    fill(inputSize(), cell.bias());
    fill(inputWidth(), cell.recurrentKernel());
  }

  /**
   * @param blocks [rows, 3 * hidden]
   */
  private void fill(int row, float[] blocks) {
    gates.fill(row, columns(blocks, 0, GATES));
    candidate.fill(row, columns(blocks, GATES, 1));
  }

  /** Some blocks of a matrix of three. */
  private float[] columns(float[] blocks, int first, int count) {
    int hidden = hiddenSize();
    int rows = blocks.length / (GruCell.BLOCKS * hidden);
    float[] columns = new float[rows * count * hidden];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(
          blocks,
          (row * GruCell.BLOCKS + first) * hidden,
          columns,
          row * count * hidden,
          count * hidden);
    }
    return columns;
  }

  @Override
  public long bytes() {
    return gates.bytes() + candidate.bytes() + (long) Float.BYTES * resetBias.length;
  }

  @Override
  void multiplyFused(CpuScratch scratch, int rows) {
    int all = loadFused(scratch, rows);
    int width = fusedWidth();
    scratch.preActivations.receive(scratch.product.of(scratch.x, all, width), 0);
    gates.multiply(scratch.product, 0, 0, scratch.isBackward());
    scratch.product.of(scratch.x, 0, all, inputWidth(), width);
    multiplyCandidate(scratch, 0, CANDIDATE, 0, 0);
    if (config.resetAfter()) {
      scratch.product.of(scratch.x, inputWidth(), all, outputSize(), width);
      multiplyCandidate(scratch, inputWidth(), RECURRENT, 0, 0);
    }
  }

  @Override
  void multiplyInputs(CpuScratch scratch, int rows, int together) {
    loadInputs(scratch, rows, together);
    scratch.preActivations.receive(scratch.product.of(scratch.x, rows, inputWidth()), 0);
    gates.multiply(scratch.product, 0, 0, scratch.isBackward());
    multiplyCandidate(scratch, 0, CANDIDATE, 0, 0);
  }

  @Override
  void addRecurrent(CpuScratch scratch, float[] h, int rows, int from) {
    int all = loadHidden(scratch, h, rows);
    scratch.preActivations.receive(scratch.product.of(scratch.hidden, all, outputSize()), from);
    gates.multiply(scratch.product, inputWidth(), 1, scratch.isBackward());
    if (config.resetAfter()) {
      multiplyCandidate(scratch, inputWidth(), RECURRENT, from, 0);
    }
  }

  /**
   * Multiplies the product's left side by the candidate's weights.
   *
   * @param depthFrom first row of those
   * @param block of the pre-activations, where the result goes
   * @param from first row of the pre-activations
   */
  private void multiplyCandidate(
      CpuScratch scratch, int depthFrom, int block, int from, float beta) {
    scratch.preActivations.receive(scratch.product, from, block);
    candidate.multiply(scratch.product, depthFrom, beta, scratch.isBackward());
  }

  @Override
  void advance(CpuScratch scratch, int from, int rows, Slots state) {
    float[] h = state.get(0);
    int count = rows * hiddenSize();
    PreActivations sums = scratch.preActivations;
    float[] update = scratch.input;
    float[] reset = scratch.forget;
    float[] made = scratch.candidate;
    gate(sums, UPDATE, from, rows, update);
    gate(sums, RESET, from, rows, reset);
    if (config.resetAfter()) {
      float[] recurrent = scratch.cell;
      sums.readBlock(CANDIDATE, from, rows, made);
      sums.readBlock(RECURRENT, from, rows, recurrent);
      addBias(recurrent, resetBias, rows);
      addScaled(made, reset, recurrent, count);
    } else {
      float[] kept = scratch.cell;
      multiply(h, reset, kept, count);
      scratch.product.of(scratch.hidden, loadHidden(scratch, kept, rows), outputSize());
      multiplyCandidate(scratch, inputWidth(), CANDIDATE, from, 1);
      sums.readBlock(CANDIDATE, from, rows, made);
    }
    clipInPlace(config.inputClip(), made, 0, count);
    activateManyInPlace(config.activation(), made, count);
    mix(h, made, update, count);
  }

  private void gate(PreActivations sums, int gate, int from, int rows, float[] values) {
    int count = rows * hiddenSize();
    sums.readBlock(gate, from, rows, values);
    clipInPlace(config.inputClip(), values, 0, count);
    activateManyInPlace(config.recurrentActivation(), values, count);
  }

  private static void addBias(float[] x, float[] bias, int rows) {
    for (int row = 0; row < rows; row++) {
      int at = row * bias.length;
      for (int j = 0; j < bias.length; j++) {
        x[at + j] += bias[j];
      }
    }
  }

  /** One index for all arrays: that is what HotSpot vectorises. */
  private static void addScaled(float[] sum, float[] factor, float[] x, int count) {
    for (int i = 0; i < count; i++) {
      sum[i] = Math.fma(factor[i], x[i], sum[i]);
    }
  }

  private static void multiply(float[] a, float[] b, float[] product, int count) {
    for (int i = 0; i < count; i++) {
      product[i] = a[i] * b[i];
    }
  }

  /** h = (1 - z) * n + z * h. */
  private static void mix(float[] h, float[] candidate, float[] update, int count) {
    for (int i = 0; i < count; i++) {
      h[i] = Math.fma(update[i], h[i] - candidate[i], candidate[i]);
    }
  }

  @Override
  void trace(CpuScratch scratch, int row, Slots state, CellTrace trace, int step) {
    trace(scratch.input, row, trace.of("update"), step);
    trace(scratch.forget, row, trace.of("reset"), step);
    trace(scratch.candidate, row, trace.of("candidate"), step);
  }

  @Override
  public void close() {
    gates.close();
    candidate.close();
  }
}
