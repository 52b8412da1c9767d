package dev.keepgate.importer.framework.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of a value in a graph without running it. */
sealed interface Value {

  /** A constant whose numbers are still in the file. */
  record StoredConstant(OnnxTensor tensor) implements Value {}

  /** A constant. */
  record Constant(int[] shape, float[] values) implements Value {
    int rank() {
      return shape.length;
    }
  }

  /**
   * Integers that describe shapes, axes and indices.
   *
   * @param scalar whether it is one without a dimension, not a vector
   */
  record Integers(List<SymbolicSize> elements, boolean scalar) implements Value {
    static Integers vector(List<SymbolicSize> elements) {
      return new Integers(List.copyOf(elements), false);
    }
  }

  /** Zeros, of a shape that does not matter. */
  record Zeros() implements Value {}

  /** The same integer for every sequence. */
  record Filled(SymbolicSize size) implements Value {}

  /** Which steps of a layer's output. */
  enum Selection {
    STEPS,
    FIRST,
    LAST,
    /** The hidden state after the last step read. */
    HIDDEN,
    /** The cell's state after the last step read. */
    CELL
  }

  /**
   * The output of a chain's last layer, or a direction's part of it.
   *
   * @param direction 0 forward, 1 backward; -1 for the whole
   */
  record Part(LayerChain chain, int direction) {
    static final int WHOLE = -1;

    int width() {
      return direction == WHOLE ? chain.width() : chain.directionWidth();
    }
  }

  /** A range of one axis of a graph input, such as one layer's initial state of many. */
  record InputRange(Axis axis, long from, long to) {}

  /**
   * What depends on the model's input: which layer's output it is, or which part of one, and how
   * its dimensions lie.
   *
   * @param parts several where {@link Axis#PARTS} is among the axes
   * @param axes the value's dimensions: each a product of axes, in that order; of none it is 1
   */
  record Data(
      Selection selection, List<Part> parts, @Nullable InputRange range, List<List<Axis>> axes)
      implements Value {

    public Data {
      parts = List.copyOf(parts);
      axes = List.copyOf(axes);
    }

    static Data input(LayerChain chain, List<List<Axis>> axes) {
      return new Data(Selection.STEPS, List.of(new Part(chain, Part.WHOLE)), null, axes);
    }

    LayerChain chain() {
      return parts.get(0).chain();
    }

    /** Whether it is all that one layer gives. */
    boolean isWhole() {
      return parts.size() == 1
          && parts.get(0).direction() == Part.WHOLE
          && range == null
          && selection != Selection.CELL
          && selection != Selection.FIRST;
    }

    /** Whether it is a graph input, or a range of one. */
    boolean isInput() {
      return parts.size() == 1 && chain().isInput();
    }

    int rank() {
      return axes.size();
    }

    Data withAxes(List<List<Axis>> other) {
      return new Data(selection, parts, range, other);
    }

    Data withParts(List<Part> other, List<List<Axis>> otherAxes) {
      return new Data(selection, other, range, otherAxes).settled();
    }

    Data select(Selection other, List<List<Axis>> otherAxes) {
      return new Data(other, parts, range, otherAxes).settled();
    }

    /** The same after another layer. */
    Data at(LayerChain chain) {
      return new Data(selection, List.of(new Part(chain, Part.WHOLE)), null, axes);
    }

    /** A direction's output at the step that it read last is its final state. */
    private Data settled() {
      boolean first = selection == Selection.FIRST;
      if (parts.size() == 1 && (first || selection == Selection.LAST)) {
        Part part = parts.get(0);
        boolean backward = part.direction() == 1 || part.chain().isReverse();
        boolean directed = part.direction() != Part.WHOLE || part.chain().isReverse();
        if (directed && first == backward) {
          return new Data(Selection.HIDDEN, parts, range, axes);
        }
      }
      return this;
    }

    /** The number of elements along an axis. */
    SymbolicSize size(Axis axis) {
      if (axis.equals(Axis.PARTS)) {
        return SymbolicSize.of(parts.size());
      }
      if (axis.equals(Axis.FEATURE)) {
        return SymbolicSize.of(parts.get(0).width());
      }
      return range != null && range.axis().equals(axis)
          ? SymbolicSize.of(range.to() - range.from())
          : SymbolicSize.of(axis);
    }

    /** The number of elements along a dimension; null where it has no simple form. */
    @Nullable SymbolicSize size(int dimension) {
      SymbolicSize size = SymbolicSize.of(1);
      for (Axis axis : axes.get(dimension)) {
        size = size == null ? null : size.times(size(axis));
      }
      return size;
    }

    /** The axes with one dimension replaced, or left out where it becomes null. */
    List<List<Axis>> replace(int dimension, @Nullable List<Axis> by) {
      List<List<Axis>> other = new ArrayList<>(axes);
      if (by == null) {
        other.remove(dimension);
      } else {
        other.set(dimension, by);
      }
      return other;
    }

    /** Whether the last dimension is the features alone. */
    boolean endsInFeatures() {
      return !axes.isEmpty() && axes.get(rank() - 1).equals(List.of(Axis.FEATURE));
    }
  }

  static int count(int... shape) {
    return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }
}
