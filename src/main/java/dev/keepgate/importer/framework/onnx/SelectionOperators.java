package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.InputRange;
import dev.keepgate.importer.framework.onnx.Value.Integers;
import dev.keepgate.importer.framework.onnx.Value.Part;
import dev.keepgate.importer.framework.onnx.Value.Selection;
import dev.keepgate.model.Layer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operators that take some of a value: a step, a direction, a layer's state, a table's row. */
final class SelectionOperators {

  private SelectionOperators() {}

  static List<Value> gather(OperatorCall call) throws IOException, ImportException {
    Value from = call.get(0);
    if (from instanceof Value.Zeros) {
      return List.of(from);
    }
    long axis = call.node().integer("axis", 0);
    if (call.get(1) instanceof Data ids) {
      return List.of(lookUp(call, ids, axis));
    }
    List<SymbolicSize> indices = call.sizes(1);
    boolean scalar = call.get(1) instanceof Integers integers && integers.scalar();
    if (from instanceof Integers integers) {
      List<SymbolicSize> taken = new ArrayList<>();
      for (long index : call.constants(1)) {
        taken.add(integers.elements().get(call.axis(index, integers.elements().size())));
      }
      return List.of(new Integers(taken, scalar));
    }
    if (indices.size() != 1) {
      throw call.refuse("it takes %d of a dimension, not one".formatted(indices.size()));
    }
    if (from instanceof Data data) {
      int dimension = call.axis(axis, data.rank());
      return List.of(one(call, data, dimension, indices.get(0), !scalar));
    }
    Constant numbers = call.numbers(0);
    int dimension = call.axis(axis, numbers.rank());
    int index = call.axis(call.constants(1)[0], numbers.shape()[dimension]);
    Constant row = ConstantFolding.slice(call, numbers, dimension, index, index + 1, 1);
    List<Integer> shape = new ArrayList<>(LayoutOperators.list(row.shape()));
    if (scalar) {
      shape.remove(dimension);
    }
    return List.of(ConstantFolding.reshape(row, shape));
  }

  /** An embedding: rows of a constant table. */
  private static Data lookUp(OperatorCall call, Data ids, long axis)
      throws IOException, ImportException {
    Constant table = call.numbers(0);
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
    return ids.at(ids.chain().then(embedding)).withAxes(axes);
  }

  /** One of a dimension, which goes or stays with size 1. */
  private static Data one(
      OperatorCall call, Data data, int dimension, SymbolicSize index, boolean keep)
      throws ImportException {
    List<List<Axis>> axes = data.replace(dimension, keep ? List.of() : null);
    SymbolicSize size = data.size(dimension);
    boolean first = index.is(0);
    boolean last = index.is(-1) || (size != null && index.equals(size.plus(SymbolicSize.of(-1))));
    if (size != null && size.is(1) && (first || last) && !isTime(call, data, dimension)) {
      return data.withAxes(axes);
    }
    return range(call, data, dimension, axes, new Range(index, first, last));
  }

  private static boolean isTime(OperatorCall call, Data data, int dimension) {
    Axis time = call.evaluation().recurrent().time();
    return time != null && data.axes().get(dimension).equals(List.of(time));
  }

  /**
   * One of a dimension.
   *
   * @param index which
   * @param first whether that is surely the first
   * @param last whether that is surely the last
   */
  private record Range(SymbolicSize index, boolean first, boolean last) {}

  private static Data range(
      OperatorCall call, Data data, int dimension, List<List<Axis>> axes, Range range)
      throws ImportException {
    List<Axis> of = data.axes().get(dimension);
    if (isTime(call, data, dimension) && data.selection() == Selection.STEPS && !data.isInput()) {
      if (!range.first() && !range.last()) {
        throw call.refuse("it takes a step that is neither the first nor the last");
      }
      return data.select(range.last() ? Selection.LAST : Selection.FIRST, axes);
    }
    if (!range.index().isConstant()) {
      throw call.refuse("its index depends on the size of the model's input");
    }
    long index = range.index().offset();
    if (of.equals(List.of(Axis.PARTS))) {
      int at = call.axis(index, data.parts().size());
      return data.withParts(List.of(data.parts().get(at)), axes);
    }
    if (data.isInput() && of.size() == 1 && data.range() == null) {
      long from = index < 0 && of.get(0).size() >= 0 ? index + of.get(0).size() : index;
      if (from >= 0) {
        return new Data(
            data.selection(), data.parts(), new InputRange(of.get(0), from, from + 1), axes);
      }
    }
    throw call.refuse("it takes one of a dimension that is not time, direction or layer");
  }

  static List<Value> slice(OperatorCall call) throws IOException, ImportException {
    Value from = call.get(0);
    if (from instanceof Value.Zeros) {
      return List.of(from);
    }
    List<SymbolicSize> starts = given(call, "starts", 1);
    List<SymbolicSize> ends = given(call, "ends", 2);
    int rank =
        from instanceof Data data
            ? data.rank()
            : from instanceof Integers ? 1 : call.numbers(0).rank();
    List<Integer> axes = call.axes(3, rank);
    if (starts.size() != ends.size() || (axes != null && axes.size() != starts.size())) {
      throw call.refuse("its starts, ends and axes are not as many");
    }
    Value result = from instanceof Value.StoredConstant ? call.numbers(0) : from;
    for (int i = 0; i < starts.size(); i++) {
      int axis = axes == null ? i : axes.get(i);
      long step = call.has(4) ? call.constants(4)[i] : 1;
      result =
          result instanceof Data data
              ? slice(call, data, axis, starts.get(i), ends.get(i), step)
              : slice(call, result, axis, starts.get(i), ends.get(i), step);
    }
    return List.of(result);
  }

  private static List<SymbolicSize> given(OperatorCall call, String name, int input)
      throws ImportException {
    List<SymbolicSize> sizes = call.sizes(name, input);
    if (sizes == null) {
      throw call.refuse("its " + name + " are missing");
    }
    return sizes;
  }

  private static Value slice(
      OperatorCall call, Value value, int axis, SymbolicSize start, SymbolicSize end, long step)
      throws ImportException {
    if (!start.isConstant() || !end.isConstant() || step == 0) {
      throw call.refuse("its range is not constant");
    }
    if (value instanceof Integers integers) {
      int count = integers.elements().size();
      long from = bound(start.offset(), count);
      long to = bound(end.offset(), count);
      if (step != 1) {
        throw call.refuse("a shape is cut in steps of " + step);
      }
      return Integers.vector(integers.elements().subList((int) from, (int) Math.max(from, to)));
    }
    Constant numbers = (Constant) value;
    int size = numbers.shape()[axis];
    if (step < 0) {
      throw call.refuse("it turns a constant around");
    }
    return ConstantFolding.slice(
        call, numbers, axis, bound(start.offset(), size), bound(end.offset(), size), step);
  }

  private static int bound(long index, int size) {
    return (int) Math.max(0, Math.min(size, index < 0 ? index + size : index));
  }

  private static Data slice(
      OperatorCall call, Data data, int dimension, SymbolicSize start, SymbolicSize end, long step)
      throws ImportException {
    SymbolicSize size = data.size(dimension);
    if (step != 1) {
      throw call.refuse("it takes every %d. of a dimension".formatted(step));
    }
    if (size != null && size.isConstant() && start.isConstant() && start.offset() < 0) {
      start = SymbolicSize.of(Math.max(0, start.offset() + size.offset()));
    }
    boolean toEnd =
        end.equals(size)
            || (end.isConstant()
                && end.offset()
                    >= (size != null && size.isConstant()
                        ? Math.max(1, size.offset())
                        : Integer.MAX_VALUE));
    if (start.is(0) && toEnd) {
      return data;
    }
    List<Axis> of = data.axes().get(dimension);
    List<List<Axis>> axes = data.replace(dimension, List.of());
    boolean last =
        toEnd && (start.is(-1) || (size != null && start.equals(size.plus(SymbolicSize.of(-1)))));
    boolean first = start.is(0) && end.is(1);
    if (isTime(call, data, dimension) && (first || last)) {
      return range(call, data, dimension, axes, new Range(start, first, last));
    }
    if (size == null
        || !size.isConstant()
        || size.offset() < 0
        || !start.isConstant()
        || !end.isConstant()) {
      return openRange(call, data, of, start, end);
    }
    int count = (int) size.offset();
    int from = bound(start.offset(), count);
    int to = bound(end.offset(), count);
    if (from >= to) {
      throw call.refuse("it takes nothing");
    }
    return part(call, data, dimension, from, to);
  }

  /** A range of a graph input whose size is not fixed. */
  private static Data openRange(
      OperatorCall call, Data data, List<Axis> of, SymbolicSize start, SymbolicSize end)
      throws ImportException {
    if (data.isInput()
        && of.size() == 1
        && data.range() == null
        && start.isConstant()
        && end.isConstant()
        && start.offset() >= 0
        && end.offset() > start.offset()) {
      return new Data(
          data.selection(),
          data.parts(),
          new InputRange(of.get(0), start.offset(), end.offset()),
          data.axes());
    }
    throw call.refuse("it takes a part of a dimension that is neither direction nor layer");
  }

  /** A constant range of a dimension of constant size. */
  private static Data part(OperatorCall call, Data data, int dimension, int from, int to)
      throws ImportException {
    List<Axis> of = data.axes().get(dimension);
    if (of.equals(List.of(Axis.PARTS))) {
      List<Part> parts = data.parts().subList(from, to);
      return data.withParts(parts, data.replace(dimension, parts.size() == 1 ? List.of() : of));
    }
    if (of.equals(List.of(Axis.FEATURE))) {
      @Nullable Integer direction = direction(data, from, to);
      if (direction != null) {
        return data.withParts(List.of(new Part(data.chain(), direction)), data.axes());
      }
    } else {
      return openRange(call, data, of, SymbolicSize.of(from), SymbolicSize.of(to));
    }
    throw call.refuse("it takes features that are not those of one direction");
  }

  /** Which direction's features a range is; null where it is none's. */
  private static @Nullable Integer direction(Data data, int from, int to) {
    Part part = data.parts().get(0);
    int half = part.chain().directionWidth();
    boolean halves =
        data.parts().size() == 1
            && part.direction() == Part.WHOLE
            && part.chain().isBidirectional()
            && half < part.width();
    if (!halves || to - from != half || from % half != 0) {
      return null;
    }
    return from / half;
  }

  static List<Value> split(OperatorCall call) throws IOException, ImportException {
    Value from = call.get(0);
    int parts = call.node().outputs().size();
    if (from instanceof Value.Zeros) {
      return Collections.nCopies(parts, from);
    }
    int rank = from instanceof Data data ? data.rank() : call.numbers(0).rank();
    int axis = call.axis(call.node().integer("axis", 0), rank);
    SymbolicSize size =
        from instanceof Data data
            ? data.size(axis)
            : SymbolicSize.of(call.numbers(0).shape()[axis]);
    List<SymbolicSize> lengths = lengths(call, size, parts);
    List<Value> results = new ArrayList<>();
    long begin = 0;
    for (SymbolicSize length : lengths) {
      if (!length.isConstant() || length.offset() < 0) {
        throw call.refuse("its parts are not constant");
      }
      long end = begin + length.offset();
      results.add(
          from instanceof Data data
              ? slice(call, data, axis, SymbolicSize.of(begin), SymbolicSize.of(end), 1)
              : slice(
                  call, call.numbers(0), axis, SymbolicSize.of(begin), SymbolicSize.of(end), 1));
      begin = end;
    }
    return results;
  }

  /** How much of a dimension each of the parts takes: what is given, or else the same. */
  private static List<SymbolicSize> lengths(
      OperatorCall call, @Nullable SymbolicSize size, int parts) throws ImportException {
    List<SymbolicSize> given = call.sizes("split", 1);
    if (given == null) {
      if (size == null || !size.isConstant() || size.offset() % parts != 0) {
        throw call.refuse("its parts cannot be told ahead");
      }
      return Collections.nCopies(parts, SymbolicSize.of(size.offset() / parts));
    }
    if (given.size() != parts) {
      throw call.refuse("it has %d parts and %d outputs".formatted(given.size(), parts));
    }
    return given;
  }
}
