package dev.keepgate.importer.framework;

import dev.keepgate.model.GateOrder;
import java.util.List;

/** Rearranges a framework's gate matrices into ours: [rows, 4 * hidden] in IFOG. */
public final class GateBlocks {

  private GateBlocks() {}

  /**
   * Reorders the columns of [rows, 4 * hidden].
   *
   * @param firstRow where the wanted rows begin in {@code source}
   */
  public static float[] fromColumns(
      float[] source, int firstRow, int rows, int hidden, GateOrder order) {
    float[] target = new float[rows * 4 * hidden];
    for (int row = 0; row < rows; row++) {
      for (int gate = 0; gate < 4; gate++) {
        System.arraycopy(
            source,
            ((firstRow + row) * 4 + order.blockOf(gate)) * hidden,
            target,
            (row * 4 + gate) * hidden,
            hidden);
      }
    }
    return target;
  }

  /** Transposes [4 * hidden, columns] into [columns, 4 * hidden] and reorders its gates. */
  public static float[] fromRows(float[] source, int columns, int hidden, GateOrder order) {
    float[] target = new float[columns * 4 * hidden];
    for (int gate = 0; gate < 4; gate++) {
      for (int unit = 0; unit < hidden; unit++) {
        int from = (order.blockOf(gate) * hidden + unit) * columns;
        int to = gate * hidden + unit;
        for (int column = 0; column < columns; column++) {
          target[column * 4 * hidden + to] = source[from + column];
        }
      }
    }
    return target;
  }

  /** Reorders the gates of [4 * hidden]. */
  public static float[] fromVector(float[] source, int hidden, GateOrder order) {
    return fromColumns(source, 0, 1, hidden, order);
  }

  /**
   * Puts gates that are stored one by one side by side.
   *
   * @param gates four of [rows, hidden], in IFOG
   */
  public static float[] fromGates(List<float[]> gates, int rows, int hidden) {
    float[] target = new float[rows * 4 * hidden];
    for (int gate = 0; gate < 4; gate++) {
      for (int row = 0; row < rows; row++) {
        System.arraycopy(gates.get(gate), row * hidden, target, (row * 4 + gate) * hidden, hidden);
      }
    }
    return target;
  }

  /** Adds to the forget gate of [4 * hidden], in place. */
  public static void addForgetBias(float[] bias, int hidden, float forgetBias) {
    for (int i = hidden; i < 2 * hidden; i++) {
      bias[i] += forgetBias;
    }
  }

  /** Transposes [rows, columns]. */
  public static float[] transpose(float[] source, int rows, int columns) {
    float[] target = new float[source.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        target[column * rows + row] = source[row * columns + column];
      }
    }
    return target;
  }
}
