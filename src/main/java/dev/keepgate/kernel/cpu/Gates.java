package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.FloatFunctions.activateInPlace;
import static dev.keepgate.kernel.cpu.FloatFunctions.clipInPlace;
import static dev.keepgate.kernel.cpu.FloatFunctions.sigmoidInPlace;
import static dev.keepgate.kernel.cpu.FloatFunctions.sigmoidOfFewInPlace;
import static dev.keepgate.kernel.cpu.FloatFunctions.tanh;
import static dev.keepgate.kernel.cpu.FloatFunctions.tanhInPlace;
import static dev.keepgate.kernel.cpu.FloatFunctions.tanhOfFewInPlace;

import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What happens in a cell between its products. A plain cell, one of sigmoid gates and tanh, has
 * loops of its own.
 */
final class Gates {

  private static final int WARM_UP_RUNS = 2_000;

  private static final int WARM_UP_UNITS = 4096;

  private final CellConfig config;
  private final float @Nullable [] peepholes;
  private final boolean isPlain;

  Gates(CellConfig config, float @Nullable [] peepholes) {
    this.config = config;
    this.peepholes = peepholes;
    this.isPlain =
        peepholes == null
            && !config.coupled()
            && config.inputClip() == CellConfig.NO_CLIP
            && config.cellClip() == CellConfig.NO_CLIP
            && config.recurrentActivation().equals(Activation.SIGMOID)
            && config.activation().equals(Activation.TANH)
            && config.cellActivation().equals(Activation.TANH);
  }

  /**
   * Runs the loops over long arrays before anything else does: HotSpot unrolls a loop for the
   * lengths that it saw first.
   */
  static void warmUp() {
    int hidden = WARM_UP_UNITS;
    CpuScratch scratch = new CpuScratch(KernelTuning.DEFAULT);
    scratch.ensure(1, hidden, hidden, 1);
    scratch.preActivations.view().put(0, new float[4 * hidden]);
    scratch.preActivations.lay(1, hidden, 1);
    Gates gates = new Gates(CellConfig.builder(1, hidden).build(), null);
    float[] c = new float[hidden];
    int few = FloatFunctions.STRIDE;
    for (int i = 0; i < WARM_UP_RUNS; i++) {
      gates.advance(scratch, 0, 1, c, scratch.unprojected);
      sigmoidOfFewInPlace(scratch.gates, 0, few);
      // Other cells' and layers'.
      tanhInPlace(scratch.candidate, 0, hidden);
      tanhOfFewInPlace(scratch.gates, 0, few);
      moveFew(scratch, c, 0, few);
      openFew(scratch.output, c, scratch.unprojected, 0, few);
    }
    scratch.close();
  }

  /**
   * Reads the pre-activations of rows, moves their cells on and computes o * k(c).
   *
   * @param from first row of the pre-activations
   * @param c [rows, hiddenSize]
   * @param unprojected [rows, hiddenSize], only written: o * k(c)
   */
  void advance(CpuScratch scratch, int from, int rows, float[] c, float[] unprojected) {
    int hidden = config.hiddenSize();
    int together = isPlain ? Math.max(1, scratch.fusedUnits / hidden) : 1;
    int group = scratch.preActivations.isByRow() ? together : rows;
    for (int row = 0; row < rows; row += group) {
      int count = Math.min(group, rows - row) * hidden;
      int at = row * hidden;
      if (!isPlain) {
        readPreActivations(scratch, scratch.preActivations.row(from + row), at, at + count);
      } else if (count <= scratch.fusedUnits) {
        advanceFew(scratch, from + row, c, unprojected, at, count);
      } else {
        advanceMany(scratch, scratch.preActivations.row(from + row), c, unprojected, at, count);
      }
    }
    if (!isPlain) {
      advanceAny(scratch, c, unprojected, rows * hidden);
    }
  }

  private static void advanceMany(
      CpuScratch scratch, int first, float[] c, float[] unprojected, int from, int count) {
    int units = scratch.gateUnits;
    for (int done = 0; done < count; done += units) {
      int at = from + done;
      int to = from + Math.min(done + units, count);
      readPreActivations(scratch, first + done, at, to);
      int end = at + FloatFunctions.padded(to - at);
      sigmoidInPlace(scratch.input, at, end);
      sigmoidInPlace(scratch.forget, at, end);
      sigmoidInPlace(scratch.output, at, end);
      moveCell(scratch, c, at, to);
      open(scratch.output, c, unprojected, at, to);
    }
  }

  /** Reads pre-activations of which each gate's are one piece. */
  private static void readPreActivations(CpuScratch scratch, int first, int from, int to) {
    FloatBuffer preActivations = scratch.preActivations.view();
    int gate = scratch.preActivations.gateStride();
    preActivations.get(first, scratch.input, from, to - from);
    preActivations.get(first + gate, scratch.forget, from, to - from);
    preActivations.get(first + 2 * gate, scratch.output, from, to - from);
    preActivations.get(first + 3 * gate, scratch.candidate, from, to - from);
  }

  private void advanceFew(
      CpuScratch scratch, int row, float[] c, float[] unprojected, int at, int count) {
    int width = scratch.preActivations.isByRow() ? config.hiddenSize() : count;
    float[] gates = scratch.gates;
    scratch.preActivations.read(row, count, gates, scratch.candidate, at);
    sigmoidOfFewInPlace(gates, 0, FloatFunctions.paddedFew(PreActivations.SIGMOID_GATES * count));
    for (int from = 0; from < count; from += width) {
      int first = PreActivations.SIGMOID_GATES * from;
      System.arraycopy(gates, first, scratch.input, at + from, width);
      System.arraycopy(gates, first + width, scratch.forget, at + from, width);
      System.arraycopy(gates, first + 2 * width, scratch.output, at + from, width);
    }
    moveFew(scratch, c, at, at + count);
    openFew(scratch.output, c, unprojected, at, at + count);
  }

  /**
   * c = forget * c + input * tanh(candidate). One index for all arrays, and no more than one
   * activation: that is what HotSpot vectorises.
   */
  private static void moveCell(CpuScratch scratch, float[] c, int from, int to) {
    float[] input = scratch.input;
    float[] forget = scratch.forget;
    float[] candidate = scratch.candidate;
    for (int i = from; i < to; i++) {
      float made = tanh(candidate[i]);
      candidate[i] = made;
      c[i] = Math.fma(input[i], made, forget[i] * c[i]);
    }
  }

  /** o * tanh(c). */
  private static void open(float[] output, float[] c, float[] unprojected, int from, int to) {
    for (int i = from; i < to; i++) {
      unprojected[i] = output[i] * tanh(c[i]);
    }
  }

  /** {@link #moveCell} in code of its own, which HotSpot unrolls less if it saw few numbers. */
  private static void moveFew(CpuScratch scratch, float[] c, int from, int to) {
    float[] input = scratch.input;
    float[] forget = scratch.forget;
    float[] candidate = scratch.candidate;
    for (int i = from; i < to; i++) {
      float made = tanh(candidate[i]);
      candidate[i] = made;
      c[i] = Math.fma(input[i], made, forget[i] * c[i]);
    }
  }

  /** {@link #open} of few. */
  private static void openFew(float[] output, float[] c, float[] unprojected, int from, int to) {
    for (int i = from; i < to; i++) {
      unprojected[i] = output[i] * tanh(c[i]);
    }
  }

  private void advanceAny(CpuScratch scratch, float[] c, float[] unprojected, int count) {
    gate(0, scratch.input, c, count);
    if (config.coupled()) {
      for (int i = 0; i < count; i++) {
        scratch.forget[i] = 1 - scratch.input[i];
      }
    } else {
      gate(1, scratch.forget, c, count);
    }
    clipInPlace(config.inputClip(), scratch.candidate, 0, count);
    activate(config.activation(), scratch.candidate, count);
    for (int i = 0; i < count; i++) {
      c[i] = Math.fma(scratch.input[i], scratch.candidate[i], scratch.forget[i] * c[i]);
    }
    clipInPlace(config.cellClip(), c, 0, count);
    gate(2, scratch.output, c, count);
    System.arraycopy(c, 0, unprojected, 0, count);
    activate(config.cellActivation(), unprojected, count);
    for (int i = 0; i < count; i++) {
      unprojected[i] *= scratch.output[i];
    }
  }

  private void gate(int gate, float[] preActivations, float[] seenCell, int count) {
    if (peepholes != null) {
      int hidden = config.hiddenSize();
      for (int row = 0; row < count; row += hidden) {
        for (int j = 0; j < hidden; j++) {
          preActivations[row + j] =
              Math.fma(peepholes[gate * hidden + j], seenCell[row + j], preActivations[row + j]);
        }
      }
    }
    clipInPlace(config.inputClip(), preActivations, 0, count);
    activate(config.recurrentActivation(), preActivations, count);
  }

  private void activate(Activation activation, float[] values, int count) {
    activateInPlace(activation, values, 0, count, config.hiddenSize());
  }
}
