package dev.keepgate.importer.framework.onnx;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A size that may depend on those of the model's input: factor times the sizes of some axes that
 * are not fixed, plus an offset.
 */
record SymbolicSize(long factor, List<Axis> axes, long offset) {

  static SymbolicSize of(long value) {
    return new SymbolicSize(0, List.of(), value);
  }

  static SymbolicSize of(Axis axis) {
    if (axis.written() >= 0) {
      return of(axis.written());
    }
    return axis.isFixed() ? of(axis.size().size()) : new SymbolicSize(1, List.of(axis), 0);
  }

  boolean isConstant() {
    return axes.isEmpty();
  }

  /** Whether it is this very number. */
  boolean is(long value) {
    return isConstant() && offset == value;
  }

  /** The sum; null where it has no such form. */
  @Nullable SymbolicSize plus(SymbolicSize other) {
    if (isConstant() || other.isConstant()) {
      SymbolicSize open = isConstant() ? other : this;
      return new SymbolicSize(open.factor, open.axes, offset + other.offset);
    }
    if (!axes.equals(other.axes)) {
      return null;
    }
    long sum = factor + other.factor;
    return new SymbolicSize(sum, sum == 0 ? List.of() : axes, offset + other.offset);
  }

  /** The product; null where it has no such form. */
  @Nullable SymbolicSize times(SymbolicSize other) {
    if (isConstant() || other.isConstant()) {
      SymbolicSize open = isConstant() ? other : this;
      long by = isConstant() ? offset : other.offset;
      return by == 0 ? of(0) : new SymbolicSize(open.factor * by, open.axes, open.offset * by);
    }
    if (offset != 0 || other.offset != 0 || axes.size() + other.axes.size() > OnnxTensor.MAX_RANK) {
      return null;
    }
    List<Axis> all = new ArrayList<>(axes);
    all.addAll(other.axes);
    all.sort(Comparator.comparingInt(Axis::id));
    return new SymbolicSize(factor * other.factor, all, 0);
  }
}
