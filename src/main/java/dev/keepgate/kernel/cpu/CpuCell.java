package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.FloatFunctions.clipInPlace;

import dev.keepgate.kernel.layer.RecurrentCell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LstmCell;
import org.jspecify.annotations.Nullable;

/**
 * One cell with its weights packed.
 *
 * <p>Input kernel, bias and recurrent kernel lie in one matrix, below each other, so that a single
 * step is one product of [x, 1, h], and the input's part of many steps one of [x, 1].
 */
final class CpuCell implements RecurrentCell<CpuScratch> {

  private final CellConfig config;
  private final boolean packs;
  private final Gates gates;
  private final PackedWeights packed;
  private final @Nullable PackedWeights projection;

  CpuCell(LstmCell cell, KernelTuning tuning) {
    CellWeights weights = cell.weights();
    this.packs = tuning.packs();
    this.config = cell.config();
    this.gates = new Gates(config, weights.peepholes());
    int inputs = config.inputSize() + 1;
    this.packed =
        new PackedWeights(
            inputs + config.outputSize(), PreActivations.GATES, config.hiddenSize(), tuning);
    packed.fill(0, weights.inputKernel());
    packed.fill(config.inputSize(), weights.bias());
    packed.fill(inputs, weights.recurrentKernel());
    if (weights.projection() == null) {
      this.projection = null;
    } else {
      this.projection = new PackedWeights(config.hiddenSize(), 1, config.projectionSize(), tuning);
      projection.fill(0, weights.projection());
    }
  }

  CellConfig config() {
    return config;
  }

  @Override
  public long bytes() {
    return packed.bytes() + (projection == null ? 0 : projection.bytes());
  }

  /** Makes room for so many rows at a step. */
  void ensure(CpuScratch scratch, int rows) {
    scratch.ensure(packed.depth(), config.hiddenSize(), config.outputSize(), rowsOfProduct(rows));
  }

  @Override
  public void run(Run run, CpuScratch scratch) {
    int batch = run.steps().rows().length;
    int rows = Math.min(batch, scratch.productRows);
    int steps = run.steps().active().length;
    ensure(scratch, (int) Math.min((long) steps * rowsOfProduct(rows), scratch.productRows));
    scratch.ensureState(config.hiddenSize(), config.outputSize(), rows);
    for (int first = 0; first < batch; first += scratch.productRows) {
      new CpuUnroll(this, run, first, Math.min(rows, batch - first), scratch).run();
    }
  }

  /**
   * Stages a step's x and the bias' 1.
   *
   * @param at where the row begins
   */
  void stageInput(CpuScratch scratch, int at, float[] x, int from) {
    int width = config.inputSize();
    System.arraycopy(x, from, scratch.staged, at, width);
    scratch.staged[at + width] = 1;
  }

  /** {@link #stageInput}, with the row's h behind it: rows of {@link #fusedWidth}. */
  void stageFused(CpuScratch scratch, int row, float[] x, int from, float[] h) {
    int at = row * fusedWidth();
    int size = config.outputSize();
    stageInput(scratch, at, x, from);
    System.arraycopy(h, row * size, scratch.staged, at + inputWidth(), size);
  }

  /** Width of [x, 1]. */
  int inputWidth() {
    return config.inputSize() + 1;
  }

  /** Width of [x, 1, h]. */
  int fusedWidth() {
    return packed.depth();
  }

  /** Pre-activations = [x, 1, h] W for the rows that are staged. */
  void multiplyFused(CpuScratch scratch, int rows) {
    int width = fusedWidth();
    int all = rowsOfProduct(rows);
    if (all > rows) {
      System.arraycopy(scratch.staged, 0, scratch.staged, rows * width, width);
    }
    scratch.loadStaged(all * width);
    scratch.preActivations.lay(all, config.hiddenSize(), rows);
    multiply(scratch.product.of(scratch.x, all, width), 0, scratch, 0, 0);
  }

  /**
   * How many rows to multiply where so many are asked for: OpenBLAS takes 4 together, but of 3 one
   * apart, through all weights once more.
   */
  int rowsOfProduct(int rows) {
    return rows == 3 && !packs ? 4 : rows;
  }

  /**
   * Pre-activations = [x, 1] W for the rows that are staged.
   *
   * @param together how many of them a step has at most
   */
  void multiplyInputs(CpuScratch scratch, int rows, int together) {
    scratch.loadStaged(rows * inputWidth());
    scratch.preActivations.lay(rows, config.hiddenSize(), together);
    multiply(scratch.product.of(scratch.x, rows, inputWidth()), 0, scratch, 0, 0);
  }

  /**
   * Pre-activations += h R. The pre-activations have room for {@link #rowsOfProduct}.
   *
   * @param h [rows, outputSize]
   * @param from first row of the pre-activations
   */
  void addRecurrent(CpuScratch scratch, float[] h, int rows, int from) {
    int size = config.outputSize();
    int all = rowsOfProduct(rows);
    scratch.hidden.view().put(0, h, 0, rows * size);
    if (all > rows) {
      scratch.hidden.view().put(rows * size, h, 0, size);
    }
    Product product = scratch.product.of(scratch.hidden, all, size);
    multiply(product, inputWidth(), scratch, from, 1);
  }

  /**
   * @param from first row of the pre-activations
   */
  private void multiply(Product product, int depthFrom, CpuScratch scratch, int from, float beta) {
    scratch.preActivations.receive(product, from);
    packed.multiply(product, depthFrom, beta, scratch.isBackward());
  }

  /**
   * From pre-activations to the next state of the rows; {@code h} [rows, outputSize] is only
   * written.
   */
  void advance(CpuScratch scratch, int from, int rows, float[] h, float[] c) {
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

  /** Writes what a row's last {@link #advance} computed. */
  void trace(CpuScratch scratch, int row, float[] c, CellTrace trace, int step) {
    int size = config.hiddenSize();
    int from = row * size;
    int to = step * size;
    System.arraycopy(scratch.input, from, trace.of("input"), to, size);
    System.arraycopy(scratch.forget, from, trace.of("forget"), to, size);
    System.arraycopy(scratch.output, from, trace.of("output"), to, size);
    System.arraycopy(scratch.candidate, from, trace.of("candidate"), to, size);
    System.arraycopy(c, from, trace.of("cell"), to, size);
  }

  @Override
  public void close() {
    packed.close();
    if (projection != null) {
      projection.close();
    }
  }
}
