package dev.keepgate.kernel;

import static dev.keepgate.kernel.FloatFunctions.activateInPlace;
import static dev.keepgate.kernel.FloatFunctions.clipInPlace;
import static dev.keepgate.kernel.FloatFunctions.tanhInPlace;

import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import org.jspecify.annotations.Nullable;

/**
 * What happens in a cell between its products.
 *
 * <p>In a plain cell, one of sigmoid gates and tanh, the weights of the three gates are halved when
 * they are laid out: halving is exact, and sigmoid(x) = (tanh(x / 2) + 1) / 2, so that all four
 * sums go through the same tanh.
 */
final class Gates {

  /** So many units at a time: the numbers of all arrays stay in the first level cache. */
  static final int UNITS = 512;

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

  /** What the weights of the input, forget and output gate are multiplied by. */
  float gateFactor() {
    return isPlain ? 0.5f : 1;
  }

  /**
   * Reads the sums of rows, moves their cells on and leaves o * k(c) in {@code scratch.made}.
   *
   * @param from first row of the sums
   * @param sumRows how many rows the sums have
   * @param c [rows, hiddenSize]
   */
  void advance(NativeScratch scratch, int from, int sumRows, int rows, float[] c) {
    int hidden = config.hiddenSize();
    int count = rows * hidden;
    int block = sumRows * hidden;
    for (int at = 0; at < count; at += UNITS) {
      int size = Math.min(UNITS, count - at);
      int first = from * hidden + at;
      float[] sums = scratch.gates;
      for (int gate = 0; gate < 4; gate++) {
        scratch.sums.view().get(gate * block + first, sums, gate * size, size);
      }
      if (isPlain) {
        tanhInPlace(sums, 0, FloatFunctions.padded(4 * size));
      }
      System.arraycopy(sums, 0, scratch.input, at, size);
      System.arraycopy(sums, size, scratch.forget, at, size);
      System.arraycopy(sums, 2 * size, scratch.output, at, size);
      System.arraycopy(sums, 3 * size, scratch.candidate, at, size);
      if (isPlain) {
        movePlain(scratch, c, at, at + size);
      }
    }
    if (!isPlain) {
      advanceAny(scratch, c, count);
    }
  }

  private static void movePlain(NativeScratch scratch, float[] c, int from, int to) {
    moveCell(scratch.input, scratch.forget, scratch.candidate, c, scratch.made, from, to);
    tanhInPlace(scratch.made, from, from + FloatFunctions.padded(to - from));
    open(scratch.output, scratch.made, from, to);
  }

  /** One index for all arrays: that is what HotSpot vectorises. */
  private static void moveCell(
      float[] input, float[] forget, float[] candidate, float[] c, float[] made, int from, int to) {
    for (int i = from; i < to; i++) {
      float kept = Math.fma(forget[i], 0.5f, 0.5f) * c[i];
      float cell = Math.fma(Math.fma(input[i], 0.5f, 0.5f), candidate[i], kept);
      c[i] = cell;
      made[i] = cell;
    }
  }

  private static void open(float[] output, float[] made, int from, int to) {
    for (int i = from; i < to; i++) {
      made[i] = made[i] * Math.fma(output[i], 0.5f, 0.5f);
    }
  }

  private void advanceAny(NativeScratch scratch, float[] c, int count) {
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
    System.arraycopy(c, 0, scratch.made, 0, count);
    activate(config.cellActivation(), scratch.made, count);
    for (int i = 0; i < count; i++) {
      scratch.made[i] *= scratch.output[i];
    }
  }

  private void gate(int gate, float[] sums, float[] seenCell, int count) {
    if (peepholes != null) {
      int hidden = config.hiddenSize();
      for (int row = 0; row < count; row += hidden) {
        for (int j = 0; j < hidden; j++) {
          sums[row + j] = Math.fma(peepholes[gate * hidden + j], seenCell[row + j], sums[row + j]);
        }
      }
    }
    clipInPlace(config.inputClip(), sums, 0, count);
    activate(config.recurrentActivation(), sums, count);
  }

  private void activate(Activation activation, float[] values, int count) {
    activateInPlace(activation, values, 0, count, config.hiddenSize());
  }

  /** The value of a gate from what {@link #advance} left of it. */
  float opened(float left) {
    return isPlain ? Math.fma(left, 0.5f, 0.5f) : left;
  }
}
