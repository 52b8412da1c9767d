package dev.keepgate.importer.framework.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of a value in a graph without running it. */
sealed interface Value {

  /** A constant whose numbers are still in the file. */
  record Stored(OnnxTensor tensor) implements Value {}

  /** A constant. */
  record Numbers(int[] shape, float[] values) implements Value {
    int rank() {
      return shape.length;
    }
  }

  /**
   * Integers that describe shapes, axes and indices.
   *
   * @param scalar whether it is one without a dimension, not a vector
   */
  record Whole(List<Size> elements, boolean scalar) implements Value {
    static Whole vector(List<Size> elements) {
      return new Whole(List.copyOf(elements), false);
    }
  }

  /** Zeros, of a shape that does not matter. */
  record Zeros() implements Value {}

  /** The same integer for every sequence. */
  record Filled(Size size) implements Value {}

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
   * A stage's output, or a direction's part of it.
   *
   * @param direction 0 forward, 1 backward; -1 for the whole
   */
  record Part(Stage stage, int direction) {
    static final int WHOLE = -1;

    int width() {
      return direction == WHOLE ? stage.width() : stage.directionWidth();
    }
  }

  /** A range of one axis of a graph input, such as one layer's initial state of many. */
  record Cut(Axis axis, long from, long to) {}

  /**
   * The data on its way.
   *
   * @param parts several where {@link Axis#PARTS} is among the axes
   * @param axes the value's dimensions: each a product of axes, in that order; of none it is 1
   */
  record Signal(Selection selection, List<Part> parts, @Nullable Cut cut, List<List<Axis>> axes)
      implements Value {

    public Signal {
      parts = List.copyOf(parts);
      axes = List.copyOf(axes);
    }

    static Signal input(Stage stage, List<List<Axis>> axes) {
      return new Signal(Selection.STEPS, List.of(new Part(stage, Part.WHOLE)), null, axes);
    }

    Stage stage() {
      return parts.get(0).stage();
    }

    /** Whether it is all that one stage gives. */
    boolean isWhole() {
      return parts.size() == 1
          && parts.get(0).direction() == Part.WHOLE
          && cut == null
          && selection != Selection.CELL
          && selection != Selection.FIRST;
    }

    /** Whether it is a graph input, or a range of one. */
    boolean isInput() {
      return parts.size() == 1 && stage().isInput();
    }

    int rank() {
      return axes.size();
    }

    Signal withAxes(List<List<Axis>> other) {
      return new Signal(selection, parts, cut, other);
    }

    Signal withParts(List<Part> other, List<List<Axis>> otherAxes) {
      return new Signal(selection, other, cut, otherAxes).settled();
    }

    Signal select(Selection other, List<List<Axis>> otherAxes) {
      return new Signal(other, parts, cut, otherAxes).settled();
    }

    /** The same after another layer. */
    Signal at(Stage stage) {
      return new Signal(selection, List.of(new Part(stage, Part.WHOLE)), null, axes);
    }

    /** A direction's output at the step that it read last is its final state. */
    private Signal settled() {
      boolean first = selection == Selection.FIRST;
      if (parts.size() == 1 && (first || selection == Selection.LAST)) {
        Part part = parts.get(0);
        boolean backward = part.direction() == 1 || part.stage().isReverse();
        boolean directed = part.direction() != Part.WHOLE || part.stage().isReverse();
        if (directed && first == backward) {
          return new Signal(Selection.HIDDEN, parts, cut, axes);
        }
      }
      return this;
    }

    /** The number of elements along an axis. */
    Size size(Axis axis) {
      if (axis.equals(Axis.PARTS)) {
        return Size.of(parts.size());
      }
      if (axis.equals(Axis.FEATURE)) {
        return Size.of(parts.get(0).width());
      }
      return cut != null && cut.axis().equals(axis)
          ? Size.of(cut.to() - cut.from())
          : Size.of(axis);
    }

    /** The number of elements along a dimension; null where it has no simple form. */
    @Nullable Size size(int dimension) {
      Size size = Size.of(1);
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
