package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.FloatFunctions.activateManyInPlace;
import static dev.keepgate.kernel.cpu.FloatFunctions.clipInPlace;

import dev.keepgate.model.CellTrace;
import dev.keepgate.model.RnnCell;
import dev.keepgate.model.RnnConfig;

/**
 * One simple recurrent cell with its weights packed in one matrix: input kernel, bias and recurrent
 * kernel below each other.
 */
final class CpuRnn extends CpuCell {

  private final RnnConfig config;
  private final PackedWeights packed;

  CpuRnn(RnnCell cell, KernelTuning tuning) {
    super(cell, tuning);
    this.config = cell.config();
    this.packed = new PackedWeights(fusedWidth(), inputWidth(), 1, hiddenSize(), tuning);
    packed.fill(0, cell.inputKernel());
    packed.fill(inputSize(), cell.bias());
    packed.fill(inputWidth(), cell.recurrentKernel());
  }

  @Override
  public long bytes() {
    return packed.bytes();
  }

  @Override
  void multiplyFused(CpuScratch scratch, int rows) {
    int all = loadFused(scratch, rows);
    scratch.preActivations.receive(scratch.product.of(scratch.x, all, fusedWidth()), 0);
    packed.multiply(scratch.product, 0, 0, scratch.isBackward());
  }

  @Override
  void multiplyInputs(CpuScratch scratch, int rows, int together) {
    loadInputs(scratch, rows, together);
    scratch.preActivations.receive(scratch.product.of(scratch.x, rows, inputWidth()), 0);
    packed.multiply(scratch.product, 0, 0, scratch.isBackward());
  }

  @Override
  void addRecurrent(CpuScratch scratch, float[] h, int rows, int from) {
    int all = loadHidden(scratch, h, rows);
    scratch.preActivations.receive(scratch.product.of(scratch.hidden, all, outputSize()), from);
    packed.multiply(scratch.product, inputWidth(), 1, scratch.isBackward());
  }

  @Override
  void advance(CpuScratch scratch, int from, int rows, Slots state) {
    int count = rows * hiddenSize();
    float[] sums = scratch.candidate;
    scratch.preActivations.readBlock(0, from, rows, sums);
    clipInPlace(config.inputClip(), sums, 0, count);
    activateManyInPlace(config.activation(), sums, count);
    System.arraycopy(sums, 0, state.get(0), 0, count);
  }

  /** It has no gate. */
  @Override
  void trace(CpuScratch scratch, int row, Slots state, CellTrace trace, int step) {}

  @Override
  public void close() {
    packed.close();
  }
}
