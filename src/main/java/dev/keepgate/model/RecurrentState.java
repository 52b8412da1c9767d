package dev.keepgate.model;

import java.util.Map;

/**
 * The recurrent state of a batch: the numbers of each slot of its layout.
 *
 * @param layout which slots there are
 * @param values a slot's [batch, width], row-major, in the order of the layout
 */
public record RecurrentState(StateLayout layout, float[][] values) {

  /**
   * @throws IllegalArgumentException if it has not an array a slot
   */
  public RecurrentState {
    if (values.length != layout.size()) {
      throw new IllegalArgumentException(
          "a state of %d slots has %d arrays".formatted(layout.size(), values.length));
    }
  }

  /** The state before the first step. */
  public static RecurrentState zero(StateLayout layout, int batch) {
    float[][] values = new float[layout.size()][];
    for (int i = 0; i < values.length; i++) {
      values[i] = new float[Math.multiplyExact(batch, layout.width(i))];
    }
    return new RecurrentState(layout, values);
  }

  /**
   * A state whose slots were gathered by name.
   *
   * @param named the arrays of each name's slots, in their order
   * @throws IllegalArgumentException if a name is missing, or has not an array a slot
   */
  public static RecurrentState of(StateLayout layout, Map<String, float[][]> named) {
    float[][] values = new float[layout.size()][];
    for (String name : layout.names()) {
      int[] indices = layout.indices(name);
      float[][] given = named.getOrDefault(name, new float[0][]);
      if (given.length != indices.length) {
        throw new IllegalArgumentException(
            "%d slots are called %s, got %d arrays".formatted(indices.length, name, given.length));
      }
      for (int i = 0; i < indices.length; i++) {
        values[indices[i]] = given[i];
      }
    }
    return new RecurrentState(layout, values);
  }

  /** The arrays of all slots of a name, in their order. */
  public float[][] of(String name) {
    int[] indices = layout.indices(name);
    float[][] named = new float[indices.length][];
    for (int i = 0; i < named.length; i++) {
      named[i] = values[indices[i]];
    }
    return named;
  }

  /**
   * Each row so many times over, one after the other.
   *
   * @param batch how many rows it has
   */
  public RecurrentState repeated(int batch, int times) {
    RecurrentState repeated = zero(layout, Math.multiplyExact(batch, times));
    for (int row = 0; row < batch * times; row++) {
      copyRow(row / times, repeated, row);
    }
    return repeated;
  }

  /** Copies a row of all slots into a row of another state of this layout. */
  public void copyRow(int row, RecurrentState to, int toRow) {
    for (int i = 0; i < values.length; i++) {
      int width = layout.width(i);
      System.arraycopy(values[i], row * width, to.values[i], toRow * width, width);
    }
  }
}
