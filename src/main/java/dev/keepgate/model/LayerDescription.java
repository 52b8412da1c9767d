package dev.keepgate.model;

import org.jspecify.annotations.Nullable;

/**
 * What there is to see of a layer without its weights, which a kernel has laid out for itself.
 *
 * @param type the layer's kind in a word, such as {@code dense}
 * @param inputSize width of what goes in, first; 0 where it is each request's own
 * @param outputSize width of what comes out, counted so too
 * @param activation what it ends with; null where there is none
 * @param table of an embedding; null for all else
 * @param cells of a recurrent layer; null for all else
 */
public record LayerDescription(
    String type,
    int inputSize,
    int outputSize,
    @Nullable Activation activation,
    @Nullable Table table,
    @Nullable Cells cells) {

  /** Of what has neither a table nor cells. */
  static LayerDescription of(String type, Shape input, Shape output) {
    return new LayerDescription(type, size(input), size(output), null, null, null);
  }

  private static int size(Shape shape) {
    return shape.dims().get(shape.rank() - 1).size();
  }

  /**
   * An embedding's table.
   *
   * @param vocabulary how many rows it has
   * @param maskZero whether 0 means "no step here"
   */
  public record Table(int vocabulary, boolean maskZero) {}

  /**
   * The cells of a recurrent layer, null where a direction has none.
   *
   * @param merge how the outputs of two directions become one
   */
  public record Cells(@Nullable CellOptions forward, @Nullable CellOptions backward, Merge merge) {
    public boolean isBidirectional() {
      return forward != null && backward != null;
    }

    /** The forward cell, or else the backward one. */
    public CellOptions any() {
      CellOptions cell = forward != null ? forward : backward;
      if (cell == null) {
        throw new IllegalStateException("a recurrent layer needs a cell");
      }
      return cell;
    }
  }
}
