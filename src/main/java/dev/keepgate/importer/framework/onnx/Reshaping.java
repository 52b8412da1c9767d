package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Groups the axes of the data anew, as a target shape says. No axis is ever torn apart. */
final class Reshaping {

  private final OperatorCall call;
  private final Data data;
  private final List<Axis> axes = new ArrayList<>();

  Reshaping(OperatorCall call, Data data) {
    this.call = call;
    this.data = data;
    data.axes().forEach(axes::addAll);
  }

  /**
   * The axes by dimensions of the target.
   *
   * @param target with 0 for the size that is there, -1 for whatever is left
   */
  List<List<Axis>> to(List<SymbolicSize> target, boolean copyZeros) throws ImportException {
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
    int from = 0;
    for (int i = 0; i < (open < 0 ? sizes.size() : open); i++) {
      List<Axis> group = take(sizes.get(i), from, 1);
      from += group.size();
      left.add(group);
    }
    if (open < 0) {
      addUnits(from, left);
      return left;
    }
    List<List<Axis>> right = new ArrayList<>();
    int to = axes.size();
    for (int i = sizes.size() - 1; i > open; i--) {
      List<Axis> group = take(sizes.get(i), to - 1, -1);
      to -= group.size();
      right.add(0, group);
    }
    if (to < from) {
      throw refuse();
    }
    left.add(List.copyOf(axes.subList(from, to)));
    left.addAll(right);
    return left;
  }

  /** Axes that are left over must be of size 1; the one feature of a direction stays with it. */
  private void addUnits(int from, List<List<Axis>> groups) throws ImportException {
    List<Axis> rest = axes.subList(from, axes.size());
    for (Axis axis : rest) {
      if (!data.size(axis).is(1)) {
        throw refuse();
      }
    }
    int last = groups.size() - 1;
    if (last >= 0 && groups.get(last).contains(Axis.PARTS)) {
      groups.set(last, Stream.concat(groups.get(last).stream(), rest.stream()).toList());
    }
  }

  /**
   * Takes axes from a place on, to the right or left, until their product is the size. Where an
   * exporter wrote the size that it saw of an axis that is open, the axis is taken.
   */
  private List<Axis> take(SymbolicSize size, int from, int step) throws ImportException {
    boolean seen = size.isConstant() && size.offset() > 1 && from >= 0 && from < axes.size();
    if (seen && !data.size(axes.get(from)).isConstant()) {
      return List.of(axes.get(from));
    }
    List<Axis> group = new ArrayList<>();
    @Nullable SymbolicSize product = SymbolicSize.of(1);
    for (int i = from; i >= 0 && i < axes.size(); i += step) {
      if (size.equals(product)
          && !(size.is(1) && group.isEmpty() && data.size(axes.get(i)).is(1))) {
        break;
      }
      group.add(step > 0 ? group.size() : 0, axes.get(i));
      product = product == null ? null : product.times(data.size(axes.get(i)));
    }
    if (!size.equals(product)) {
      throw refuse();
    }
    return group;
  }

  private ImportException refuse() {
    return call.refuse("this reshaping mixes batch, time and features");
  }
}
