package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Cut;
import dev.keepgate.importer.framework.onnx.Value.Numbers;
import dev.keepgate.importer.framework.onnx.Value.Part;
import dev.keepgate.importer.framework.onnx.Value.Selection;
import dev.keepgate.importer.framework.onnx.Value.Signal;
import dev.keepgate.importer.framework.onnx.Value.Whole;
import dev.keepgate.model.Layer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operators that take some of a value: a step, a direction, a layer's state, a table's row. */
final class Selecting {

  private Selecting() {}

  static List<Value> gather(Call call) throws IOException, ImportException {
    Value from = call.get(0);
    if (from instanceof Value.Zeros) {
      return List.of(from);
    }
    long axis = call.node().integer("axis", 0);
    if (call.get(1) instanceof Signal ids) {
      return List.of(lookUp(call, ids, axis));
    }
    List<Size> indices = call.sizes(1);
    boolean scalar = call.get(1) instanceof Whole whole && whole.scalar();
    if (from instanceof Whole whole) {
      List<Size> taken = new ArrayList<>();
      for (long index : call.constants(1)) {
        taken.add(whole.elements().get(call.axis(index, whole.elements().size())));
      }
      return List.of(new Whole(taken, scalar));
    }
    if (indices.size() != 1) {
      throw call.refuse("it takes %d of a dimension, not one".formatted(indices.size()));
    }
    if (from instanceof Signal signal) {
      int dimension = call.axis(axis, signal.rank());
      return List.of(one(call, signal, dimension, indices.get(0), !scalar));
    }
    Numbers numbers = call.numbers(0);
    int dimension = call.axis(axis, numbers.rank());
    int index = call.axis(call.constants(1)[0], numbers.shape()[dimension]);
    Numbers row = Folding.slice(call, numbers, dimension, index, index + 1, 1);
    List<Integer> shape = new ArrayList<>(LayoutOperators.list(row.shape()));
    if (scalar) {
      shape.remove(dimension);
    }
    return List.of(Folding.reshape(row, shape));
  }

  /** An embedding: rows of a constant table. */
  private static Signal lookUp(Call call, Signal ids, long axis)
      throws IOException, ImportException {
    Numbers table = call.numbers(0);
    if (table.rank() != 2 || axis != 0 || table.values().length == 0) {
      throw call.refuse("an embedding's table must have two dimensions, and be taken by rows");
    }
    if (!ids.isWhole() || !ids.isInput()) {
      throw call.refuse("the embedding's indices are not an input of the graph");
    }
    List<List<Axis>> axes = new ArrayList<>(ids.axes());
    axes.add(List.of(Axis.FEATURE));
    Layer.Embedding embedding =
        new Layer.Embedding(table.shape()[0], table.shape()[1], false, table.values());
    return ids.at(ids.stage().then(embedding)).withAxes(axes);
  }

  /** One of a dimension, which goes or stays with size 1. */
  private static Signal one(Call call, Signal signal, int dimension, Size index, boolean keep)
      throws ImportException {
    List<List<Axis>> axes = signal.replace(dimension, keep ? List.of() : null);
    Size size = signal.size(dimension);
    boolean first = index.is(0);
    boolean last = index.is(-1) || (size != null && index.equals(size.plus(Size.of(-1))));
    if (size != null && size.is(1) && (first || last) && !isTime(call, signal, dimension)) {
      return signal.withAxes(axes);
    }
    return range(call, signal, dimension, axes, new Range(index, first, last));
  }

  private static boolean isTime(Call call, Signal signal, int dimension) {
    Axis time = call.evaluation().lstm().time();
    return time != null && signal.axes().get(dimension).equals(List.of(time));
  }

  /**
   * One of a dimension.
   *
   * @param index which
   * @param first whether that is surely the first
   * @param last whether that is surely the last
   */
  private record Range(Size index, boolean first, boolean last) {}

  private static Signal range(
      Call call, Signal signal, int dimension, List<List<Axis>> axes, Range range)
      throws ImportException {
    List<Axis> of = signal.axes().get(dimension);
    if (isTime(call, signal, dimension)
        && signal.selection() == Selection.STEPS
        && !signal.isInput()) {
      if (!range.first() && !range.last()) {
        throw call.refuse("it takes a step that is neither the first nor the last");
      }
      return signal.select(range.last() ? Selection.LAST : Selection.FIRST, axes);
    }
    if (!range.index().isConstant()) {
      throw call.refuse("its index depends on the size of the model's input");
    }
    long index = range.index().offset();
    if (of.equals(List.of(Axis.PARTS))) {
      int at = call.axis(index, signal.parts().size());
      return signal.withParts(List.of(signal.parts().get(at)), axes);
    }
    if (signal.isInput() && of.size() == 1 && signal.cut() == null) {
      long from = index < 0 && of.get(0).size() >= 0 ? index + of.get(0).size() : index;
      if (from >= 0) {
        return new Signal(
            signal.selection(), signal.parts(), new Cut(of.get(0), from, from + 1), axes);
      }
    }
    throw call.refuse("it takes one of a dimension that is not time, direction or layer");
  }

  static List<Value> slice(Call call) throws IOException, ImportException {
    Value from = call.get(0);
    if (from instanceof Value.Zeros) {
      return List.of(from);
    }
    List<Size> starts = given(call, "starts", 1);
    List<Size> ends = given(call, "ends", 2);
    int rank =
        from instanceof Signal signal
            ? signal.rank()
            : from instanceof Whole ? 1 : call.numbers(0).rank();
    List<Integer> axes = call.axes(3, rank);
    if (starts.size() != ends.size() || (axes != null && axes.size() != starts.size())) {
      throw call.refuse("its starts, ends and axes are not as many");
    }
    Value result = from instanceof Value.Stored ? call.numbers(0) : from;
    for (int i = 0; i < starts.size(); i++) {
      int axis = axes == null ? i : axes.get(i);
      long step = call.has(4) ? call.constants(4)[i] : 1;
      result =
          result instanceof Signal signal
              ? slice(call, signal, axis, starts.get(i), ends.get(i), step)
              : slice(call, result, axis, starts.get(i), ends.get(i), step);
    }
    return List.of(result);
  }

  private static List<Size> given(Call call, String name, int input) throws ImportException {
    List<Size> sizes = call.sizes(name, input);
    if (sizes == null) {
      throw call.refuse("its " + name + " are missing");
    }
    return sizes;
  }

  private static Value slice(Call call, Value value, int axis, Size start, Size end, long step)
      throws ImportException {
    if (!start.isConstant() || !end.isConstant() || step == 0) {
      throw call.refuse("its range is not constant");
    }
    if (value instanceof Whole whole) {
      int count = whole.elements().size();
      long from = bound(start.offset(), count);
      long to = bound(end.offset(), count);
      if (step != 1) {
        throw call.refuse("a shape is cut in steps of " + step);
      }
      return Whole.vector(whole.elements().subList((int) from, (int) Math.max(from, to)));
    }
    Numbers numbers = (Numbers) value;
    int size = numbers.shape()[axis];
    if (step < 0) {
      throw call.refuse("it turns a constant around");
    }
    return Folding.slice(
        call, numbers, axis, bound(start.offset(), size), bound(end.offset(), size), step);
  }

  private static int bound(long index, int size) {
    return (int) Math.max(0, Math.min(size, index < 0 ? index + size : index));
  }

  private static Signal slice(
      Call call, Signal signal, int dimension, Size start, Size end, long step)
      throws ImportException {
    Size size = signal.size(dimension);
    if (step != 1) {
      throw call.refuse("it takes every %d. of a dimension".formatted(step));
    }
    if (size != null && size.isConstant() && start.isConstant() && start.offset() < 0) {
      start = Size.of(Math.max(0, start.offset() + size.offset()));
    }
    boolean toEnd =
        end.equals(size)
            || (end.isConstant()
                && end.offset()
                    >= (size != null && size.isConstant()
                        ? Math.max(1, size.offset())
                        : Integer.MAX_VALUE));
    if (start.is(0) && toEnd) {
      return signal;
    }
    List<Axis> of = signal.axes().get(dimension);
    List<List<Axis>> axes = signal.replace(dimension, List.of());
    boolean last =
        toEnd && (start.is(-1) || (size != null && start.equals(size.plus(Size.of(-1)))));
    boolean first = start.is(0) && end.is(1);
    if (isTime(call, signal, dimension) && (first || last)) {
      return range(call, signal, dimension, axes, new Range(start, first, last));
    }
    if (size == null
        || !size.isConstant()
        || size.offset() < 0
        || !start.isConstant()
        || !end.isConstant()) {
      return openCut(call, signal, of, start, end);
    }
    int count = (int) size.offset();
    int from = bound(start.offset(), count);
    int to = bound(end.offset(), count);
    if (from >= to) {
      throw call.refuse("it takes nothing");
    }
    return part(call, signal, dimension, from, to);
  }

  /** A range of a graph input whose size is not fixed. */
  private static Signal openCut(Call call, Signal signal, List<Axis> of, Size start, Size end)
      throws ImportException {
    if (signal.isInput()
        && of.size() == 1
        && signal.cut() == null
        && start.isConstant()
        && end.isConstant()
        && start.offset() >= 0
        && end.offset() > start.offset()) {
      return new Signal(
          signal.selection(),
          signal.parts(),
          new Cut(of.get(0), start.offset(), end.offset()),
          signal.axes());
    }
    throw call.refuse("it takes a part of a dimension that is neither direction nor layer");
  }

  /** A constant range of a dimension of constant size. */
  private static Signal part(Call call, Signal signal, int dimension, int from, int to)
      throws ImportException {
    List<Axis> of = signal.axes().get(dimension);
    if (of.equals(List.of(Axis.PARTS))) {
      List<Part> parts = signal.parts().subList(from, to);
      return signal.withParts(parts, signal.replace(dimension, parts.size() == 1 ? List.of() : of));
    }
    if (of.equals(List.of(Axis.FEATURE))) {
      @Nullable Integer direction = direction(signal, from, to);
      if (direction != null) {
        return signal.withParts(List.of(new Part(signal.stage(), direction)), signal.axes());
      }
    } else {
      return openCut(call, signal, of, Size.of(from), Size.of(to));
    }
    throw call.refuse("it takes features that are not those of one direction");
  }

  /** Which direction's features a range is; null where it is none's. */
  private static @Nullable Integer direction(Signal signal, int from, int to) {
    Part part = signal.parts().get(0);
    int half = part.stage().directionWidth();
    boolean halves =
        signal.parts().size() == 1
            && part.direction() == Part.WHOLE
            && part.stage().isBidirectional()
            && half < part.width();
    if (!halves || to - from != half || from % half != 0) {
      return null;
    }
    return from / half;
  }

  static List<Value> split(Call call) throws IOException, ImportException {
    Value from = call.get(0);
    int parts = call.node().outputs().size();
    if (from instanceof Value.Zeros) {
      return Collections.nCopies(parts, from);
    }
    int rank = from instanceof Signal signal ? signal.rank() : call.numbers(0).rank();
    int axis = call.axis(call.node().integer("axis", 0), rank);
    Size size =
        from instanceof Signal signal ? signal.size(axis) : Size.of(call.numbers(0).shape()[axis]);
    List<Size> lengths = lengths(call, size, parts);
    List<Value> results = new ArrayList<>();
    long begin = 0;
    for (Size length : lengths) {
      if (!length.isConstant() || length.offset() < 0) {
        throw call.refuse("its parts are not constant");
      }
      long end = begin + length.offset();
      results.add(
          from instanceof Signal signal
              ? slice(call, signal, axis, Size.of(begin), Size.of(end), 1)
              : slice(call, call.numbers(0), axis, Size.of(begin), Size.of(end), 1));
      begin = end;
    }
    return results;
  }

  /** How much of a dimension each of the parts takes: what is given, or else the same. */
  private static List<Size> lengths(Call call, @Nullable Size size, int parts)
      throws ImportException {
    List<Size> given = call.sizes("split", 1);
    if (given == null) {
      if (size == null || !size.isConstant() || size.offset() % parts != 0) {
        throw call.refuse("its parts cannot be told ahead");
      }
      return Collections.nCopies(parts, Size.of(size.offset() / parts));
    }
    if (given.size() != parts) {
      throw call.refuse("it has %d parts and %d outputs".formatted(given.size(), parts));
    }
    return given;
  }
}
