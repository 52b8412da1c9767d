package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature.Dimension;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.Window;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Cuts ranges out of what layers give. */
final class Slicing {

  private Slicing() {}

  /**
   * A range of a dimension.
   *
   * @param from counted from the end where it is negative
   * @param to behind the last, counted so too; null for all
   */
  record Range(long from, @Nullable Long to, long step) {}

  static Data slice(
      OperatorCall call, Data data, int dimension, SymbolicSize start, SymbolicSize end, long step)
      throws ImportException {
    SymbolicSize size = data.size(dimension);
    if (step < 0) {
      return backwards(call, data, dimension, start, end, step);
    }
    Long from = place(start, size, false);
    Long to = place(end, size, true);
    if (from == null || (to == null && !isEnd(end, size))) {
      throw call.refuse("its range depends on the size of the model's input");
    }
    if (from == 0 && to == null && step == 1) {
      return data;
    }
    return part(call, data, dimension, new Range(from, to, step), false);
  }

  private static boolean isEnd(SymbolicSize end, @Nullable SymbolicSize size) {
    return end.equals(size)
        || (end.isConstant()
            && end.offset()
                >= (size != null && size.isConstant()
                    ? Math.max(1, size.offset())
                    : Integer.MAX_VALUE));
  }

  /** A bound as a number, from the end where it is negative; null for the end itself. */
  private static @Nullable Long place(SymbolicSize at, @Nullable SymbolicSize size, boolean isEnd) {
    if (isEnd && isEnd(at, size)) {
      return null;
    }
    if (at.isConstant()) {
      if (size != null && size.isConstant() && at.offset() < 0 && !isEnd) {
        return at.offset() <= -size.offset() ? Long.valueOf(0) : Long.valueOf(at.offset());
      }
      return !isEnd && at.offset() <= Integer.MIN_VALUE
          ? Long.valueOf(0)
          : Long.valueOf(at.offset());
    }
    if (size == null) {
      return null;
    }
    SymbolicSize minus = size.times(SymbolicSize.of(-1));
    SymbolicSize distance = minus == null ? null : at.plus(minus);
    return distance != null && distance.isConstant() && distance.offset() < 0
        ? Long.valueOf(distance.offset())
        : null;
  }

  /** All of it, turned around, and from there on in steps. */
  private static Data backwards(
      OperatorCall call, Data data, int dimension, SymbolicSize start, SymbolicSize end, long step)
      throws ImportException {
    SymbolicSize size = data.size(dimension);
    SymbolicSize last = size == null ? null : size.plus(SymbolicSize.of(-1));
    boolean isFromLast =
        start.is(-1)
            || start.equals(last)
            || (start.isConstant()
                && start.offset()
                    >= (last != null && last.isConstant() ? last.offset() : Integer.MAX_VALUE));
    boolean isToFirst =
        end.isConstant()
            && end.offset()
                < (size != null && size.isConstant() ? -size.offset() : Integer.MIN_VALUE / 2);
    if (!isFromLast || !isToFirst) {
      throw call.refuse("it turns only a part of a dimension around");
    }
    Data turned = turned(call, data, dimension);
    return step == -1 ? turned : part(call, turned, dimension, new Range(0, null, -step), false);
  }

  static Data turned(OperatorCall call, Data given, int dimension) throws ImportException {
    Data data = call.nodes().settled(given);
    List<Axis> axes = data.dims().get(dimension);
    if (axes.isEmpty()) {
      return data;
    }
    if (axes.size() != 1 || axes.get(0).isBatch()) {
      throw call.refuseBatch(data, "it turns the batch around, or several dimensions at once");
    }
    Data alone = call.nodes().alone(data, axes.get(0));
    int group = alone.groups().indexOf(axes);
    return alone.at(call.nodes().add(call, new ShapeOperation.Reverse(group), alone.node()));
  }

  /**
   * A part of a dimension.
   *
   * @param removes whether the dimension, of which one is left, goes
   */
  static Data part(OperatorCall call, Data data, int dimension, Range range, boolean removes)
      throws ImportException {
    Data ofInput = SelectionOperators.ofInput(call, data, dimension, range);
    if (ofInput != null) {
      return removes ? squeezed(ofInput, dimension) : ofInput;
    }
    List<Axis> axes = data.dims().get(dimension);
    learnBatch(call, data, dimension);
    if (axes.isEmpty() || axes.stream().anyMatch(Axis::isBatch)) {
      throw call.refuseBatch(data, "it takes a part of the batch, or of a dimension of size 1");
    }
    Data settled = call.nodes().settled(data);
    if (axes.size() == 1 && range.step() == 1) {
      Data leading = ofLeading(call, settled, dimension, range, removes);
      if (leading != null) {
        return leading;
      }
    }
    Data merged = merged(call, settled, axes);
    int group = merged.groups().indexOf(axes);
    return range.step() == 1
        ? cut(call, merged, new Cut(dimension, group), range, removes)
        : strided(call, merged, new Cut(dimension, group), range);
  }

  /** What is cut along the first dimension of an input has its batch in the second. */
  private static void learnBatch(OperatorCall call, Data data, int dimension) {
    GraphInputs inputs = call.nodes().inputs();
    if (!inputs.has(data.node()) || data.rank() != 3 || dimension != 0) {
      return;
    }
    InputLayout layout = inputs.layout(data.node());
    boolean isFirst = layout.batch() == 0 && data.dims().equals(inputs.data(data.node()).dims());
    if (isFirst) {
      throw new InputLayout.Learned(data.node(), layout.withBatch(1));
    }
  }

  /** With these axes alone in one dimension of the node. */
  static Data merged(OperatorCall call, Data data, List<Axis> axes) {
    if (data.groups().contains(axes)) {
      return data;
    }
    if (axes.size() == 1) {
      return call.nodes().alone(data, axes.get(0));
    }
    return call.nodes().endingIn(data, axes);
  }

  private record Cut(int dimension, int group) {}

  private static Data cut(OperatorCall call, Data data, Cut at, Range range, boolean removes)
      throws ImportException {
    List<Axis> axes = data.dims().get(at.dimension());
    boolean isOpen = axes.stream().anyMatch(axis -> !axis.isFixed());
    int from = whole(call, range.from());
    Integer to = range.to() == null ? null : Integer.valueOf(whole(call, range.to()));
    if (!isOpen) {
      int size = call.nodes().shape(data.node()).fixed(at.group());
      from = ShapeOperation.Slice.index(from, size);
      to = to == null ? size : ShapeOperation.Slice.index(to, size);
      // The last step is told from the end, as one that goes with the steps is.
      if (removes && from == size - 1 && at.group() == 0) {
        from = -1;
        to = null;
      }
    }
    ShapeOperation.Slice slice = new ShapeOperation.Slice(at.group(), from, to, removes);
    String node = Simplifications.sliced(call, data.node(), slice);
    if (removes) {
      return new Data(
          node, GraphNodes.without(data.groups(), at.group()), data.replace(at.dimension(), null));
    }
    List<List<Axis>> groups = new ArrayList<>(data.groups());
    List<Axis> own = List.of(call.nodes().axis(call.nodes().shape(node).dims().get(at.group())));
    groups.set(at.group(), own);
    return new Data(node, groups, data.replace(at.dimension(), own));
  }

  private static int whole(OperatorCall call, long bound) throws ImportException {
    if (bound < Integer.MIN_VALUE || bound > Integer.MAX_VALUE) {
      throw call.refuse("its range is impossible");
    }
    return (int) bound;
  }

  /** A range of an axis that comes first in its dimension is one of the dimension. */
  private static @Nullable Data ofLeading(
      OperatorCall call, Data data, int dimension, Range range, boolean removes)
      throws ImportException {
    Axis axis = data.dims().get(dimension).get(0);
    for (int group = 0; group < data.groups().size(); group++) {
      List<Axis> own = data.groups().get(group);
      if (own.size() < 2 || !own.get(0).equals(axis) || !own.stream().allMatch(Axis::isFixed)) {
        continue;
      }
      List<Axis> rest = own.subList(1, own.size());
      int inner = rest.stream().mapToInt(each -> each.size().size()).reduce(1, (a, b) -> a * b);
      int size = axis.size().size();
      int from = ShapeOperation.Slice.index(whole(call, range.from()), size);
      int to =
          range.to() == null ? size : ShapeOperation.Slice.index(whole(call, range.to()), size);
      ShapeOperation.Slice slice = new ShapeOperation.Slice(group, from * inner, to * inner, false);
      String node = Simplifications.sliced(call, data.node(), slice);
      List<Axis> left =
          to - from == 1
              ? List.of()
              : List.of(
                  new Axis(
                      call.nodes().axis(to - from).id(),
                      "",
                      axis.index(),
                      Dimension.of(to - from),
                      to - from));
      Data cut = new Data(node, data.groups(), data.dims()).replaced(axis, left);
      return removes ? cut.withDims(cut.replace(dimension, null)) : cut;
    }
    return null;
  }

  private static Data squeezed(Data data, int dimension) {
    Data less = data.withDims(data.replace(dimension, null));
    for (Axis axis : data.dims().get(dimension)) {
      less = less.replaced(axis, List.of());
    }
    return less;
  }

  /** Every step-th. */
  private static Data strided(OperatorCall call, Data data, Cut at, Range range)
      throws ImportException {
    List<Axis> axes = data.dims().get(at.dimension());
    Data from = data;
    if (range.from() != 0 || range.to() != null) {
      from = cut(call, data, at, new Range(range.from(), range.to(), 1), false);
      axes = from.dims().get(at.dimension());
    }
    int step = whole(call, range.step());
    if (axes.size() == 1 && axes.get(0).isFixed()) {
      int size = axes.get(0).size().size();
      long[] places = new long[(size + step - 1) / step];
      for (int i = 0; i < places.length; i++) {
        places[i] = (long) i * step;
      }
      return SelectionOperators.taken(call, from, at.dimension(), places);
    }
    Data first = call.nodes().beginningWith(from, axes);
    // The largest of one step is the step.
    TensorOperation each = new TensorOperation.Pool1d(Window.valid(1, step, 1), true);
    String node = call.nodes().add(call, each, first.node());
    return call.nodes().after(first, node, axes.get(0), 0);
  }
}
