package dev.keepgate.model;

import dev.keepgate.model.Signature.Dimension;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An operation that only moves numbers. */
public sealed interface ShapeOperation extends TensorOperation {

  /**
   * The same numbers in another shape.
   *
   * @param target at most one of them -1: what the others leave
   */
  record Reshape(List<Integer> target) implements ShapeOperation {
    public Reshape {
      target = List.copyOf(target);
    }

    /** All numbers of a row in one vector. */
    public static Reshape flatten() {
      return new Reshape(List.of(-1));
    }

    @Override
    public String type() {
      return "reshape";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      return Shape.of(Shapes.reshape(Shapes.only(this, inputs, 0), target));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.reshape(this);
    }
  }

  /**
   * Axes in another order.
   *
   * @param axes of each axis that comes out, the one that it was
   */
  record Permute(List<Integer> axes) implements ShapeOperation {
    public Permute {
      axes = List.copyOf(axes);
    }

    @Override
    public String type() {
      return "permute";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, axes.size());
      if (axes.size() != new LinkedHashSet<>(axes).size()) {
        throw new InconsistentModelException("an axis comes twice in " + axes);
      }
      return Shape.of(axes.stream().map(axis -> x.dims().get(axis)).toList());
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.permute(this);
    }
  }

  /** A vector as so many equal steps (Keras' RepeatVector). */
  record Repeat(int steps) implements ShapeOperation {
    @Override
    public String type() {
      return "repeat";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, 1);
      if (x.rank() != 1) {
        throw new InconsistentModelException("only a vector is repeated, not " + x);
      }
      return Shape.of(Dimension.of(steps), x.dims().get(0));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.repeat(this);
    }
  }

  /** Tensors side by side along an axis. */
  record Concat(int axis) implements ShapeOperation {
    @Override
    public String type() {
      return "concat";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      return Shapes.concat(this, inputs, axis);
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      return inputs.stream().noneMatch(Shape::isStreamed)
          || (axis > 0 && inputs.stream().allMatch(x -> x.dims().indexOf(Dimension.TIME) == 0));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.concat(this);
    }
  }

  /**
   * A part of an axis.
   *
   * @param from the first that stays; counted from the end where it is negative
   * @param to behind the last that stays, counted so too; null for all
   * @param removesAxis whether the axis, then of size 1, goes
   */
  record Slice(int axis, int from, @Nullable Integer to, boolean removesAxis)
      implements ShapeOperation {
    @Override
    public String type() {
      return "slice";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      return Shapes.slice(this, Shapes.only(this, inputs, axis + 1));
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      int steps = inputs.get(0).dims().indexOf(Dimension.TIME);
      boolean isLastStep = axis == 0 && from == -1 && to == null && removesAxis;
      return steps < 0 || (steps == 0 && (axis > 0 || isLastStep));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.slice(this);
    }

    /** Whether one is taken, wherever the axis ends. */
    boolean isOne() {
      return to != null && to == from + 1 && (from >= 0 || to < 0);
    }

    /** Of so many, the index that one counted from the front or from the end is. */
    public static int index(int counted, int size) {
      return Math.min(Math.max(counted < 0 ? counted + size : counted, 0), size);
    }
  }

  /** Steps of zeros around the steps. */
  record Pad(int before, int after) implements ShapeOperation {
    @Override
    public String type() {
      return "pad";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, 2);
      return x.withMask(null).with(0, Shapes.longer(x.dims().get(0), before + after));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.pad(this);
    }
  }

  /** The other way round along an axis. */
  record Reverse(int axis) implements ShapeOperation {
    @Override
    public String type() {
      return "reverse";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, axis + 1);
      if (x.mask() != null) {
        throw Shapes.masked(this);
      }
      return x;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.reverse(this);
    }
  }
}
