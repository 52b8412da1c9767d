package dev.keepgate.model;

import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The shape of what a node gives to each row of a batch.
 *
 * @param dims without the batch; of a sequence, the steps come first
 * @param mask the node whose numbers say which steps count; null where all do
 * @param vocabulary the bound of its integers, exclusive; empty where it has real numbers
 */
public record Shape(List<Dimension> dims, @Nullable String mask, OptionalInt vocabulary) {

  /** In what an operation gives: its own numbers say which steps count. */
  static final String OWN_MASK = "";

  public Shape {
    dims = List.copyOf(dims);
  }

  public static Shape of(Dimension... dims) {
    return new Shape(List.of(dims), null, OptionalInt.empty());
  }

  public static Shape of(List<Dimension> dims) {
    return new Shape(dims, null, OptionalInt.empty());
  }

  public int rank() {
    return dims.size();
  }

  /** Whether it has the steps of the request's own sequence. */
  public boolean isStreamed() {
    return dims.contains(Dimension.TIME);
  }

  /** Whether it has steps whose number the request decides. */
  public boolean isSequence() {
    return dims.size() > 1 && dims.get(0).symbol() != null;
  }

  /**
   * The last dimension, which holds the features.
   *
   * @throws InconsistentModelException if it is not fixed
   */
  public int width() {
    return fixed(dims.size() - 1);
  }

  /**
   * A dimension's size.
   *
   * @throws InconsistentModelException if it is each request's own
   */
  public int fixed(int axis) {
    Dimension dim = dims.get(axis);
    if (dim.symbol() != null) {
      throw new InconsistentModelException(
          "dimension %d of %s must be of a fixed size".formatted(axis + 1, this));
    }
    return dim.size();
  }

  /** With another last dimension. */
  public Shape withWidth(int width) {
    return with(dims.size() - 1, Dimension.of(width));
  }

  /** With another dimension in its place; real numbers. */
  public Shape with(int axis, Dimension dim) {
    List<Dimension> changed = new ArrayList<>(dims);
    changed.set(axis, dim);
    return new Shape(changed, mask, OptionalInt.empty());
  }

  public Shape withMask(@Nullable String source) {
    return new Shape(dims, source, vocabulary);
  }

  /** Index of an axis that may be counted from the end, the batch being axis 0. */
  public int axis(int frameworks) {
    int axis = frameworks < 0 ? frameworks + dims.size() : frameworks - 1;
    if (axis < 0 || axis >= dims.size()) {
      throw new InconsistentModelException("axis %d is none of %s".formatted(frameworks, this));
    }
    return axis;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[batch");
    dims.forEach(dim -> text.append(", ").append(dim));
    return text.append(']').toString();
  }
}
