package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.FloatFunctions.clipInPlace;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LstmCell;
import org.jspecify.annotations.Nullable;

/**
 * One LSTM cell with its weights packed.
 *
 * <p>Input kernel, bias and recurrent kernel lie in one matrix, below each other, so that a single
 * step is one product of [x, 1, h], and the input's part of many steps one of [x, 1].
 */
final class CpuLstm extends CpuCell {

  private final CellConfig config;
  private final Gates gates;
  private final PackedWeights packed;
  private final @Nullable PackedWeights projection;

  CpuLstm(LstmCell cell, KernelTuning tuning) {
    super(cell, tuning);
    CellWeights weights = cell.weights();
    this.config = cell.config();
    this.gates = new Gates(config, weights.peepholes());
    this.packed =
        new PackedWeights(
            fusedWidth(), inputWidth(), PreActivations.GATES, config.hiddenSize(), tuning);
    packed.fill(0, weights.inputKernel());
    packed.fill(config.inputSize(), weights.bias());
    packed.fill(inputWidth(), weights.recurrentKernel());
    if (weights.projection() == null) {
      this.projection = null;
    } else {
      this.projection =
          new PackedWeights(
              config.hiddenSize(), config.hiddenSize(), 1, config.projectionSize(), tuning);
      projection.fill(0, weights.projection());
    }
  }

  @Override
  public long bytes() {
    return packed.bytes() + (projection == null ? 0 : projection.bytes());
  }

  @Override
  void multiplyFused(CpuScratch scratch, int rows) {
    int all = loadFused(scratch, rows);
    multiply(scratch.product.of(scratch.x, all, fusedWidth()), 0, scratch, 0, 0);
  }

  @Override
  void multiplyInputs(CpuScratch scratch, int rows, int together) {
    loadInputs(scratch, rows, together);
    multiply(scratch.product.of(scratch.x, rows, inputWidth()), 0, scratch, 0, 0);
  }

  @Override
  void addRecurrent(CpuScratch scratch, float[] h, int rows, int from) {
    int all = loadHidden(scratch, h, rows);
    Product product = scratch.product.of(scratch.hidden, all, outputSize());
    multiply(product, inputWidth(), scratch, from, 1);
  }

  /**
   * @param from first row of the pre-activations
   */
  private void multiply(Product product, int depthFrom, CpuScratch scratch, int from, float beta) {
    scratch.preActivations.receive(product, from);
    packed.multiply(product, depthFrom, beta, scratch.isBackward());
  }

  /** The state's h is only written. */
  @Override
  void advance(CpuScratch scratch, int from, int rows, Slots state) {
    float[] h = state.get(0);
    float[] c = state.get(1);
    if (projection == null) {
      gates.advance(scratch, from, rows, c, h);
      return;
    }
    gates.advance(scratch, from, rows, c, scratch.unprojected);
    int cells = rows * config.hiddenSize();
    scratch.hidden.view().put(0, scratch.unprojected, 0, cells);
    int size = config.outputSize();
    Product product = scratch.product.of(scratch.hidden, rows, config.hiddenSize());
    projection.multiply(product.into(scratch.x, 0, size, size), 0, 0, false);
    scratch.x.view().get(0, h, 0, rows * size);
    clipInPlace(config.projectionClip(), h, 0, rows * size);
  }

  @Override
  void trace(CpuScratch scratch, int row, Slots state, CellTrace trace, int step) {
    trace(scratch.input, row, trace.of("input"), step);
    trace(scratch.forget, row, trace.of("forget"), step);
    trace(scratch.output, row, trace.of("output"), step);
    trace(scratch.candidate, row, trace.of("candidate"), step);
    trace(state.get(1), row, trace.of("cell"), step);
  }

  @Override
  public void close() {
    packed.close();
    if (projection != null) {
      projection.close();
    }
  }
}
