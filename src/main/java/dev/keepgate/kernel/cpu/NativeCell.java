package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.FloatFunctions.clipInPlace;

import dev.keepgate.kernel.layer.RecurrentCell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LstmOutput.CellTrace;
import org.jspecify.annotations.Nullable;

/**
 * One cell with its weights in panels.
 *
 * <p>Input kernel, bias and recurrent kernel lie in one matrix, below each other, so that a single
 * step is one product of [x, 1, h], and the input's part of many steps one of [x, 1].
 */
final class NativeCell implements RecurrentCell<NativeScratch> {

  private final CellConfig config;
  private final Gates gates;
  private final Panels panels;
  private final @Nullable Panels projection;

  NativeCell(CellConfig config, CellWeights weights) {
    this.config = config;
    this.gates = new Gates(config, weights.peepholes());
    int inputs = config.inputSize() + 1;
    this.panels = new Panels(inputs + config.outputSize(), GateSums.GATES, config.hiddenSize());
    panels.fill(0, weights.inputKernel());
    panels.fill(config.inputSize(), weights.bias());
    panels.fill(inputs, weights.recurrentKernel());
    if (weights.projection() == null) {
      this.projection = null;
    } else {
      this.projection = new Panels(config.hiddenSize(), 1, config.projectionSize());
      projection.fill(0, weights.projection());
    }
  }

  CellConfig config() {
    return config;
  }

  @Override
  public long bytes() {
    return panels.bytes() + (projection == null ? 0 : projection.bytes());
  }

  /** Makes room for so many rows at a step. */
  void ensure(NativeScratch scratch, int rows) {
    scratch.ensure(panels.depth(), config.hiddenSize(), config.outputSize(), rowsOfProduct(rows));
  }

  @Override
  public void run(Run run, NativeScratch scratch) {
    int batch = run.steps().rows().length;
    int rows = Math.min(batch, NativeScratch.ROWS);
    int steps = run.steps().active().length;
    ensure(scratch, (int) Math.min((long) steps * rowsOfProduct(rows), NativeScratch.ROWS));
    scratch.ensureState(config.hiddenSize(), config.outputSize(), rows);
    for (int first = 0; first < batch; first += NativeScratch.ROWS) {
      new NativeUnroll(this, run, first, Math.min(rows, batch - first), scratch).run();
    }
  }

  /**
   * Stages a step's x and the bias' 1.
   *
   * @param at where the row begins
   */
  void stageInput(NativeScratch scratch, int at, float[] x, int from) {
    int width = config.inputSize();
    System.arraycopy(x, from, scratch.staged, at, width);
    scratch.staged[at + width] = 1;
  }

  /** {@link #stageInput}, with the row's h behind it: rows of {@link #fusedWidth}. */
  void stageFused(NativeScratch scratch, int row, float[] x, int from, float[] h) {
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
    return panels.depth();
  }

  /** Sums = [x, 1, h] W for the rows that are staged. */
  void multiplyFused(NativeScratch scratch, int rows) {
    int width = fusedWidth();
    int all = rowsOfProduct(rows);
    if (all > rows) {
      System.arraycopy(scratch.staged, 0, scratch.staged, rows * width, width);
    }
    scratch.loadStaged(all * width);
    scratch.sums.lay(all, config.hiddenSize(), rows);
    multiply(0, width, scratch.x, all, scratch, 0, 0);
  }

  /**
   * How many rows to multiply where so many are asked for: OpenBLAS takes 4 together, but of 3 one
   * apart, through all weights once more.
   */
  static int rowsOfProduct(int rows) {
    return rows == 3 && !Blas.packs() ? 4 : rows;
  }

  /**
   * Sums = [x, 1] W for the rows that are staged.
   *
   * @param together how many of them a step has at most
   */
  void multiplyInputs(NativeScratch scratch, int rows, int together) {
    scratch.loadStaged(rows * inputWidth());
    scratch.sums.lay(rows, config.hiddenSize(), together);
    multiply(0, inputWidth(), scratch.x, rows, scratch, 0, 0);
  }

  /**
   * Sums += h R. The sums have room for {@link #rowsOfProduct}.
   *
   * @param h [rows, outputSize]
   * @param from first row of the sums
   */
  void addRecurrent(NativeScratch scratch, float[] h, int rows, int from) {
    int size = config.outputSize();
    int all = rowsOfProduct(rows);
    scratch.hidden.view().put(0, h, 0, rows * size);
    if (all > rows) {
      scratch.hidden.view().put(rows * size, h, 0, size);
    }
    multiply(inputWidth(), size, scratch.hidden, all, scratch, from, 1);
  }

  private void multiply(
      int depthFrom,
      int depth,
      OffHeapFloats x,
      int rows,
      NativeScratch scratch,
      int from,
      float beta) {
    GateSums sums = scratch.sums;
    panels.multiply(
        depthFrom,
        depth,
        rows,
        x,
        depth,
        sums.values,
        sums.row(from),
        sums.rowStride(),
        sums.gateStride(),
        beta,
        scratch.isBackward(),
        scratch.blas);
  }

  /** From sums to the next state of the rows; {@code h} [rows, outputSize] is only written. */
  void advance(NativeScratch scratch, int from, int rows, float[] h, float[] c) {
    if (projection == null) {
      gates.advance(scratch, from, rows, c, h);
      return;
    }
    gates.advance(scratch, from, rows, c, scratch.made);
    int cells = rows * config.hiddenSize();
    scratch.hidden.view().put(0, scratch.made, 0, cells);
    int size = config.outputSize();
    projection.multiply(
        0,
        config.hiddenSize(),
        rows,
        scratch.hidden,
        config.hiddenSize(),
        scratch.x,
        0,
        size,
        size,
        0,
        false,
        scratch.blas);
    scratch.x.view().get(0, h, 0, rows * size);
    clipInPlace(config.projectionClip(), h, 0, rows * size);
  }

  /** Writes what a row's last {@link #advance} computed. */
  void trace(NativeScratch scratch, int row, float[] c, CellTrace trace, int step) {
    int size = config.hiddenSize();
    int from = row * size;
    int to = step * size;
    System.arraycopy(scratch.input, from, trace.input(), to, size);
    System.arraycopy(scratch.forget, from, trace.forget(), to, size);
    System.arraycopy(scratch.output, from, trace.output(), to, size);
    System.arraycopy(scratch.candidate, from, trace.candidate(), to, size);
    System.arraycopy(c, from, trace.cell(), to, size);
  }

  @Override
  public void close() {
    panels.close();
    if (projection != null) {
      projection.close();
    }
  }
}
