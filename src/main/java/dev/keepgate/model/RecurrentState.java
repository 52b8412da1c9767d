package dev.keepgate.model;

import java.util.List;

/**
 * The recurrent state of a batch: one h and one c a cell, in the order of {@link
 * LstmConfig#cells()}.
 *
 * @param h a cell's [batch, outputSize], row-major
 * @param c a cell's [batch, hiddenSize], row-major
 */
public record RecurrentState(float[][] h, float[][] c) {

  /** The state before the first step. */
  public static RecurrentState zero(LstmConfig config, int batch) {
    return zero(config.cells(), batch);
  }

  /** The state of these cells before the first step. */
  public static RecurrentState zero(List<CellConfig> cells, int batch) {
    float[][] h = new float[cells.size()][];
    float[][] c = new float[cells.size()][];
    for (int i = 0; i < h.length; i++) {
      h[i] = new float[Math.multiplyExact(batch, cells.get(i).outputSize())];
      c[i] = new float[Math.multiplyExact(batch, cells.get(i).hiddenSize())];
    }
    return new RecurrentState(h, c);
  }
}
