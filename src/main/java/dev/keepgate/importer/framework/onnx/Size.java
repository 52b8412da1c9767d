package dev.keepgate.importer.framework.onnx;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A number in a computation of shapes: factor times the sizes of some axes that are not fixed, plus
 * an offset.
 */
record Size(long factor, List<Axis> axes, long offset) {

  static Size of(long value) {
    return new Size(0, List.of(), value);
  }

  static Size of(Axis axis) {
    return axis.size() >= 0 ? of(axis.size()) : new Size(1, List.of(axis), 0);
  }

  boolean isConstant() {
    return axes.isEmpty();
  }

  /** Whether it is this very number. */
  boolean is(long value) {
    return isConstant() && offset == value;
  }

  /** The sum; null where it has no such form. */
  @Nullable Size plus(Size other) {
    if (isConstant() || other.isConstant()) {
      Size open = isConstant() ? other : this;
      return new Size(open.factor, open.axes, offset + other.offset);
    }
    if (!axes.equals(other.axes)) {
      return null;
    }
    long sum = factor + other.factor;
    return new Size(sum, sum == 0 ? List.of() : axes, offset + other.offset);
  }

  /** The product; null where it has no such form. */
  @Nullable Size times(Size other) {
    if (isConstant() || other.isConstant()) {
      Size open = isConstant() ? other : this;
      long by = isConstant() ? offset : other.offset;
      return by == 0 ? of(0) : new Size(open.factor * by, open.axes, open.offset * by);
    }
    if (offset != 0 || other.offset != 0 || axes.size() + other.axes.size() > OnnxTensor.MAX_RANK) {
      return null;
    }
    List<Axis> all = new ArrayList<>(axes);
    all.addAll(other.axes);
    all.sort(Comparator.comparing(Axis::input).thenComparing(Axis::index));
    return new Size(factor * other.factor, all, 0);
  }
}
