package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Groups the axes of the data anew, as a target shape says, and parts those of a fixed size. */
final class Reshaping {

  private final OperatorCall call;
  private Data data;
  private final List<Axis> axes = new ArrayList<>();

  Reshaping(OperatorCall call, Data data) {
    this.call = call;
    this.data = data;
    data.dims().forEach(axes::addAll);
  }

  /**
   * The data in another shape.
   *
   * @param target with 0 for the size that is there, -1 for whatever is left
   */
  Data to(List<SymbolicSize> target, boolean copyZeros) throws ImportException {
    List<SymbolicSize> sizes = new ArrayList<>(target);
    int open = -1;
    for (int i = 0; i < sizes.size(); i++) {
      if (copyZeros && sizes.get(i).is(0) && i < data.rank()) {
        SymbolicSize there = data.size(i);
        if (there == null) {
          throw call.refuse("dimension %d is not known".formatted(i));
        }
        sizes.set(i, there);
      } else if (sizes.get(i).is(-1)) {
        if (open >= 0) {
          throw call.refuse("two dimensions are left open");
        }
        open = i;
      }
    }
    List<List<Axis>> left = new ArrayList<>();
    for (int i = 0; i < (open < 0 ? sizes.size() : open); i++) {
      left.add(take(sizes.get(i), true));
      boolean mayFollow = i + 1 < sizes.size() && !sizes.get(i + 1).is(1);
      if (mayFollow && !axes.isEmpty() && isOneRow(axes.get(0))) {
        axes.remove(0);
      }
    }
    if (open < 0) {
      addUnits(left);
      return data.withDims(ofOneRow(left));
    }
    List<List<Axis>> right = new ArrayList<>();
    for (int i = sizes.size() - 1; i > open; i--) {
      right.add(0, take(sizes.get(i), false));
    }
    left.add(List.copyOf(axes));
    left.addAll(right);
    return data.withDims(ofOneRow(left));
  }

  /** Whether it is the batch of a file that is made for one row. */
  private static boolean isOneRow(Axis axis) {
    return axis.isBatch() && axis.written() == 1;
  }

  /** The batch of one row is left out where it has no dimension of its own: each row is alone. */
  static List<List<Axis>> ofOneRow(List<List<Axis>> dims) {
    List<List<Axis>> plain = new ArrayList<>();
    for (List<Axis> dimension : dims) {
      plain.add(
          dimension.size() < 2
              ? dimension
              : dimension.stream().filter(axis -> !isOneRow(axis)).toList());
    }
    return plain;
  }

  /** Axes that are left over must be of size 1; the last dimension keeps them. */
  private void addUnits(List<List<Axis>> groups) throws ImportException {
    for (Axis axis : axes) {
      if (!SymbolicSize.of(axis).is(1)) {
        throw refuse();
      }
    }
    int last = groups.size() - 1;
    if (!axes.isEmpty() && last < 0) {
      throw refuse();
    }
    if (!axes.isEmpty()) {
      List<Axis> more = new ArrayList<>(groups.get(last));
      more.addAll(axes);
      groups.set(last, more);
    }
  }

  private Axis next(boolean isLeft) {
    return axes.get(isLeft ? 0 : axes.size() - 1);
  }

  /**
   * Takes axes from an end until their product is the size. Where an exporter wrote the size that
   * it saw of an axis that is open, the axis is taken.
   */
  private List<Axis> take(SymbolicSize size, boolean isLeft) throws ImportException {
    boolean seen = size.isConstant() && size.offset() > 1 && !axes.isEmpty();
    if (seen && !SymbolicSize.of(next(isLeft)).isConstant()) {
      return List.of(axes.remove(isLeft ? 0 : axes.size() - 1));
    }
    List<Axis> group = new ArrayList<>();
    @Nullable SymbolicSize product = SymbolicSize.of(1);
    while (!axes.isEmpty()) {
      boolean isUnit = SymbolicSize.of(next(isLeft)).is(1) && (isLeft || !next(isLeft).isBatch());
      if (size.equals(product) && !(size.is(1) && group.isEmpty() && isUnit)) {
        break;
      }
      if (product != null) {
        part(size, product, isLeft);
      }
      Axis axis = axes.remove(isLeft ? 0 : axes.size() - 1);
      group.add(isLeft ? group.size() : 0, axis);
      product = product == null ? null : product.times(SymbolicSize.of(axis));
    }
    if (!size.equals(product)) {
      throw refuse();
    }
    return group;
  }

  /** Parts the next axis where only some of it is needed. */
  private void part(SymbolicSize size, SymbolicSize product, boolean isLeft) {
    Axis axis = next(isLeft);
    long whole = size.isConstant() ? size.offset() : size.factor();
    long taken = product.isConstant() ? product.offset() : product.factor();
    boolean isLike =
        size.axes().equals(product.axes())
            && (size.isConstant() || (size.offset() == 0 && product.offset() == 0));
    if (!axis.isFixed() || !isLike || taken < 1) {
      return;
    }
    long needed = whole / taken;
    int there = axis.size().size();
    if (whole % taken != 0 || needed < 2 || needed >= there || there % needed != 0) {
      return;
    }
    Axis part = call.nodes().axis((int) needed);
    Axis rest = call.nodes().axis((int) (there / needed));
    List<Axis> parts = isLeft ? List.of(part, rest) : List.of(rest, part);
    data = call.nodes().settled(data).replaced(axis, parts);
    int at = axes.indexOf(axis);
    axes.remove(at);
    axes.addAll(at, parts);
  }

  private ImportException refuse() {
    return call.refuse(
        "this reshaping mixes batch, time and features, or needs a fixed number of steps");
  }
}
