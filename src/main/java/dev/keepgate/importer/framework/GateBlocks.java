package dev.keepgate.importer.framework;

import dev.keepgate.model.GateOrder;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rearranges a framework's gate matrices into ours, such as an LSTM's: [rows, 4 * hidden] in IFOG.
 */
public final class GateBlocks {

  private static final int GATES = 4;

  private GateBlocks() {}

  /**
   * Reorders the columns of [rows, 4 * hidden].
   *
   * @param firstRow where the wanted rows begin in {@code source}
   */
  public static float[] fromColumns(
      float[] source, int firstRow, int rows, int hidden, GateOrder order) {
    return fromColumns(source, firstRow, rows, hidden, blocks(order));
  }

  /**
   * Reorders the columns of [rows, blocks * hidden].
   *
   * @param firstRow where the wanted rows begin in {@code source}
   * @param blocks where each of our blocks lies
   */
  public static float[] fromColumns(
      float[] source, int firstRow, int rows, int hidden, int[] blocks) {
    int count = blocks.length;
    float[] target = new float[rows * count * hidden];
    for (int row = 0; row < rows; row++) {
      for (int block = 0; block < count; block++) {
        System.arraycopy(
            source,
            ((firstRow + row) * count + blocks[block]) * hidden,
            target,
            (row * count + block) * hidden,
            hidden);
      }
    }
    return target;
  }

  /** Transposes [4 * hidden, columns] into [columns, 4 * hidden] and reorders its gates. */
  public static float[] fromRows(float[] source, int columns, int hidden, GateOrder order) {
    return fromRows(source, columns, hidden, blocks(order));
  }

  /**
   * Transposes [blocks * hidden, columns] into [columns, blocks * hidden] and reorders its blocks.
   *
   * @param blocks where each of our blocks lies
   */
  public static float[] fromRows(float[] source, int columns, int hidden, int[] blocks) {
    int width = blocks.length * hidden;
    float[] target = new float[columns * width];
    for (int block = 0; block < blocks.length; block++) {
      for (int unit = 0; unit < hidden; unit++) {
        int from = (blocks[block] * hidden + unit) * columns;
        int to = block * hidden + unit;
        for (int column = 0; column < columns; column++) {
          target[column * width + to] = source[from + column];
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
   * Reorders the blocks of [blocks * hidden].
   *
   * @param blocks where each of our blocks lies
   */
  public static float[] fromVector(float[] source, int hidden, int[] blocks) {
    return fromColumns(source, 0, 1, hidden, blocks);
  }

  /** Where each gate of ours lies. */
  private static int[] blocks(GateOrder order) {
    return IntStream.range(0, GATES).map(order::blockOf).toArray();
  }

  /**
   * Puts gates that are stored one by one side by side.
   *
   * @param gates of [rows, hidden] each, in our order
   */
  public static float[] fromGates(List<float[]> gates, int rows, int hidden) {
    int count = gates.size();
    float[] target = new float[rows * count * hidden];
    for (int gate = 0; gate < count; gate++) {
      for (int row = 0; row < rows; row++) {
        System.arraycopy(
            gates.get(gate), row * hidden, target, (row * count + gate) * hidden, hidden);
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
