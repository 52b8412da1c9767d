package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
import dev.keepgate.kernel.layer.RecurrentCell.Slots;

/**
 * Where a worker computes: as large as the largest model it has seen needs, whatever the size of
 * the requests, because calls are cut into pieces of {@link #productRows}.
 */
final class CpuScratch implements Scratch {

  /** How many slots the state of a cell has at most: h and c. */
  private static final int MOST_SLOTS = 2;

  final KernelTuning tuning;

  /** How many rows a product takes at most. */
  final int productRows;

  /** How many units go through the gates at a time, and how many side by side. */
  final int gateUnits;

  final int fusedUnits;

  private final OffHeapFloats tiles = new OffHeapFloats();

  final Product product = new Product(tiles);

  /** Left side of a product. */
  final OffHeapFloats x = new OffHeapFloats();

  final PreActivations preActivations;

  /** [rows, outputSize]: h, where a product can read it. */
  final OffHeapFloats hidden = new OffHeapFloats();

  /** Rows on their way to {@link #x}: one copy off the heap costs less than one a row. */
  float[] staged = new float[0];

  /** The sigmoid gates of {@link #fusedUnits}, side by side. */
  final float[] gates;

  /** Whether this step's products begin with the last panel; every other step's do. */
  private boolean isBackward;

  /** The gates of one step, each [rows, hiddenSize]. */
  float[] input = new float[0];

  float[] forget = new float[0];
  float[] output = new float[0];
  float[] candidate = new float[0];

  /** [rows, hiddenSize]: the new cell, of which h is computed. */
  float[] cell = new float[0];

  /** [rows, hiddenSize]: h before it is projected. */
  float[] unprojected = new float[0];

  /** The state of the rows of an unroll, a slot's [rows, width] each. */
  final Slots state = new Slots(new float[MOST_SLOTS][0], 0);

  CpuScratch(KernelTuning tuning) {
    this.tuning = tuning;
    this.productRows = tuning.get(Parameter.PRODUCT_ROWS);
    this.gateUnits = tuning.get(Parameter.GATE_UNITS);
    this.fusedUnits = tuning.get(Parameter.FUSED_GATE_UNITS);
    this.preActivations = new PreActivations(tuning.get(Parameter.ROW_MAJOR_ROWS));
    int gateNumbers = PreActivations.SIGMOID_GATES * fusedUnits;
    // As many as the warm-up takes at least.
    this.gates = new float[Math.max(FloatFunctions.STRIDE, FloatFunctions.paddedFew(gateNumbers))];
  }

  /** Makes room for a cell. */
  void ensure(int depth, int hiddenSize, int outputSize, int rows) {
    ensureRows(depth, rows);
    preActivations.ensure(rows, hiddenSize);
    hidden.ensure((long) rows * Math.max(outputSize, hiddenSize));
    int cells = FloatFunctions.padded(rows * hiddenSize) + FloatFunctions.STRIDE;
    if (unprojected.length < cells) {
      input = new float[cells];
      forget = new float[cells];
      output = new float[cells];
      candidate = new float[cells];
      cell = new float[cells];
      unprojected = new float[cells];
    }
  }

  /** Makes room for the left side of a product. */
  void ensureRows(int depth, int rows) {
    x.ensure((long) rows * depth);
    if (staged.length < rows * depth) {
      staged = new float[rows * depth];
    }
  }

  /** Begins a step: its products take the weights the other way round than the last one's. */
  void turn() {
    isBackward = !isBackward;
  }

  boolean isBackward() {
    return isBackward;
  }

  /** Puts what is staged where a product reads it. */
  void loadStaged(int count) {
    x.view().put(0, staged, 0, count);
  }

  /** Makes room for the state of an unroll's rows. */
  void ensureState(int[] widths, int rows) {
    for (int slot = 0; slot < widths.length; slot++) {
      if (state.get(slot).length < rows * widths[slot]) {
        state.values()[slot] = new float[rows * widths[slot]];
      }
    }
  }

  @Override
  public void close() {
    x.close();
    tiles.close();
    preActivations.close();
    hidden.close();
  }
}
