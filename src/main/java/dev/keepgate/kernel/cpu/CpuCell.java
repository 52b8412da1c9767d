package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
import dev.keepgate.kernel.layer.RecurrentCell;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.RnnCell;
import dev.keepgate.model.Slot;

/**
 * One recurrent cell with its weights packed.
 *
 * <p>A step is products, which leave the cell's pre-activations in the scratch, and then {@link
 * #advance}. The products are those of [x, 1, h] for a single step, or those of [x, 1] for many
 * steps at once and then of each step's h.
 */
abstract class CpuCell implements RecurrentCell<CpuScratch> {

  private final int inputSize;
  private final int hiddenSize;
  private final int outputSize;
  private final boolean packs;
  private final int tiledRows;

  /** Widths of the state's slots; the first is h. */
  private final int[] widths;

  CpuCell(Cell cell, KernelTuning tuning) {
    this.inputSize = cell.inputSize();
    this.hiddenSize = cell.options().hiddenSize();
    this.outputSize = cell.outputSize();
    this.packs = tuning.packs();
    this.tiledRows = tuning.tiles() ? tuning.get(Parameter.TILED_ROWS) : Integer.MAX_VALUE;
    this.widths = cell.state().stream().mapToInt(Slot::width).toArray();
  }

  final int inputSize() {
    return inputSize;
  }

  final int hiddenSize() {
    return hiddenSize;
  }

  /** Width of h. */
  final int outputSize() {
    return outputSize;
  }

  /** Widths of the state's slots. */
  final int[] widths() {
    return widths;
  }

  /** Width of [x, 1]. */
  final int inputWidth() {
    return inputSize + 1;
  }

  /** Width of [x, 1, h]. */
  final int fusedWidth() {
    return inputSize + 1 + outputSize;
  }

  /** Makes room for so many rows at a step. */
  final void ensure(CpuScratch scratch, int rows) {
    scratch.ensure(fusedWidth(), hiddenSize, outputSize, rowsOfProduct(rows));
  }

  /**
   * How many rows to multiply where so many are asked for: OpenBLAS takes 4 together, but what is
   * left apart, through all weights once more.
   */
  final int rowsOfProduct(int rows) {
    if (rows >= tiledRows) {
      return (rows + MicroKernel.ROWS - 1) / MicroKernel.ROWS * MicroKernel.ROWS;
    }
    return rows == 3 && !packs ? 4 : rows;
  }

  @Override
  public final void run(Run run, CpuScratch scratch) {
    int batch = run.steps().rows().length;
    int rows = Math.min(batch, scratch.productRows);
    int steps = run.steps().active().length;
    ensure(scratch, (int) Math.min((long) steps * rowsOfProduct(rows), scratch.productRows));
    scratch.ensureState(widths, rows);
    for (int first = 0; first < batch; first += scratch.productRows) {
      new CpuUnroll(this, run, first, Math.min(rows, batch - first), scratch).run();
    }
  }

  /**
   * Stages a step's x and the bias' 1.
   *
   * @param at where the row begins
   */
  final void stageInput(CpuScratch scratch, int at, float[] x, int from) {
    System.arraycopy(x, from, scratch.staged, at, inputSize);
    scratch.staged[at + inputSize] = 1;
  }

  /** {@link #stageInput}, with the row's h behind it: rows of {@link #fusedWidth}. */
  final void stageFused(CpuScratch scratch, int row, float[] x, int from, float[] h) {
    int at = row * fusedWidth();
    stageInput(scratch, at, x, from);
    System.arraycopy(h, row * outputSize, scratch.staged, at + inputWidth(), outputSize);
  }

  /**
   * Puts the staged rows of {@link #fusedWidth} where products read them.
   *
   * @return how many rows to multiply
   */
  final int loadFused(CpuScratch scratch, int rows) {
    int width = fusedWidth();
    int all = rowsOfProduct(rows);
    for (int row = rows; row < all; row++) {
      System.arraycopy(scratch.staged, 0, scratch.staged, row * width, width);
    }
    scratch.loadStaged(all * width);
    scratch.preActivations.lay(all, hiddenSize, rows);
    return all;
  }

  /** Puts the staged rows of {@link #inputWidth} where products read them. */
  final void loadInputs(CpuScratch scratch, int rows, int together) {
    scratch.loadStaged(rows * inputWidth());
    scratch.preActivations.lay(rows, hiddenSize, together);
  }

  /**
   * Puts vectors of h's width where products read them.
   *
   * @param h [rows, outputSize]
   * @return how many rows to multiply
   */
  final int loadHidden(CpuScratch scratch, float[] h, int rows) {
    int all = rowsOfProduct(rows);
    scratch.hidden.view().put(0, h, 0, rows * outputSize);
    for (int row = rows; row < all; row++) {
      scratch.hidden.view().put(row * outputSize, h, 0, outputSize);
    }
    return all;
  }

  /** Pre-activations of the rows that are staged, [x, 1, h] each. */
  abstract void multiplyFused(CpuScratch scratch, int rows);

  /**
   * The part of the pre-activations that comes from the rows that are staged, [x, 1] each.
   *
   * @param together how many of them a step has at most
   */
  abstract void multiplyInputs(CpuScratch scratch, int rows, int together);

  /**
   * Adds the part that comes from h. The pre-activations have room for {@link #rowsOfProduct}.
   *
   * @param h [rows, outputSize]
   * @param from first row of the pre-activations
   */
  abstract void addRecurrent(CpuScratch scratch, float[] h, int rows, int from);

  /**
   * From pre-activations to the next state.
   *
   * @param from first row of the pre-activations
   * @param state the slots, [rows, width] each
   */
  abstract void advance(CpuScratch scratch, int from, int rows, Slots state);

  /**
   * Writes what a row's last {@link #advance} computed, but for h.
   *
   * @param step where in the trace
   */
  abstract void trace(CpuScratch scratch, int row, Slots state, CellTrace trace, int step);

  /** Copies a row's numbers of a gate into a trace. */
  final void trace(float[] gate, int row, float[] trace, int step) {
    System.arraycopy(gate, row * hiddenSize, trace, step * hiddenSize, hiddenSize);
  }

  /** Packs a cell's weights. */
  record Compiler(KernelTuning tuning) implements Cell.Visitor<RecurrentCell<CpuScratch>> {

    @Override
    public RecurrentCell<CpuScratch> lstm(LstmCell cell) {
      return new CpuLstm(cell, tuning);
    }

    @Override
    public RecurrentCell<CpuScratch> gru(GruCell cell) {
      return new CpuGru(cell, tuning);
    }

    @Override
    public RecurrentCell<CpuScratch> rnn(RnnCell cell) {
      return new CpuRnn(cell, tuning);
    }
  }
}
