package dev.keepgate.model;

import java.util.List;

/**
 * The numbers inside a cell's equations, at the steps of the input; zero at masked steps.
 *
 * @param slots what is traced: the cell's gates, then its new state
 * @param values a slot's [batch, time, width], row-major, in the order of {@code slots}
 */
public record CellTrace(List<Slot> slots, float[][] values) {

  /**
   * A trace to be filled.
   *
   * @param steps of all rows together
   */
  public static CellTrace zero(List<Slot> slots, int steps) {
    float[][] values = new float[slots.size()][];
    for (int i = 0; i < values.length; i++) {
      values[i] = new float[Math.multiplyExact(steps, slots.get(i).width())];
    }
    return new CellTrace(slots, values);
  }

  /**
   * The numbers of a gate, or of a part of the state.
   *
   * @throws IllegalArgumentException if the cell has none of this name
   */
  public float[] of(String name) {
    for (int i = 0; i < values.length; i++) {
      if (slots.get(i).name().equals(name)) {
        return values[i];
      }
    }
    throw new IllegalArgumentException("a cell's trace has no %s: %s".formatted(name, slots));
  }
}
