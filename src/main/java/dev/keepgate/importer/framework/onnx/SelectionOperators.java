package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.InputRange;
import dev.keepgate.importer.framework.onnx.Value.Integers;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Signature.Dimension;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operators that take some of a value: a step, a direction, a layer's state, a table's row. */
final class SelectionOperators {

  static final Map<String, Operator> ALL =
      Map.of(
          "Gather", SelectionOperators::gather,
          "GatherND", SelectionOperators::gatherMany,
          "Slice", SelectionOperators::slice,
          "Split", SelectionOperators::split,
          "ReverseSequence", SelectionOperators::reverse);

  private SelectionOperators() {}

  private static List<Value> gather(OperatorCall call) throws IOException, ImportException {
    Value from = call.get(0);
    if (from instanceof Value.Zeros) {
      return List.of(from);
    }
    long axis = call.node().integer("axis", 0);
    if (call.get(1) instanceof Data ids) {
      return List.of(lookUp(call, ids, axis));
    }
    if (from instanceof Integers integers) {
      List<SymbolicSize> taken = new ArrayList<>();
      for (long index : call.constants(1)) {
        taken.add(integers.elements().get(call.axis(index, integers.elements().size())));
      }
      boolean scalar = call.get(1) instanceof Integers at && at.scalar();
      return List.of(new Integers(taken, scalar));
    }
    List<SymbolicSize> indices = call.sizes(1);
    boolean scalar = call.get(1) instanceof Integers integers && integers.scalar();
    if (from instanceof Data data) {
      int dimension = call.axis(axis, data.rank());
      return List.of(
          indices.size() == 1
              ? one(call, data, dimension, indices.get(0), !scalar)
              : taken(call, data, dimension, call.constants(1)));
    }
    return List.of(ofConstant(call, axis, scalar));
  }

  /** Places of one dimension, behind those that are of the batch. */
  private static List<Value> gatherMany(OperatorCall call) throws IOException, ImportException {
    int dimension = (int) call.node().integer("batch_dims", 0);
    Data data = call.data(0);
    Constant indices = call.numbers(1);
    if (dimension != 0 || indices.rank() != 2 || indices.shape()[1] != 1) {
      throw call.refuse("it takes places of several dimensions; nearest is a Gather");
    }
    long[] places = new long[indices.values().length];
    for (int i = 0; i < places.length; i++) {
      places[i] = (long) indices.values()[i];
    }
    return List.of(taken(call, data, dimension, places));
  }

  private static Constant ofConstant(OperatorCall call, long axis, boolean scalar)
      throws IOException, ImportException {
    Constant numbers = call.numbers(0);
    int dimension = call.axis(axis, numbers.rank());
    List<Constant> rows = new ArrayList<>();
    for (long index : call.constants(1)) {
      int at = call.axis(index, numbers.shape()[dimension]);
      rows.add(ConstantFolding.slice(call, numbers, dimension, at, at + 1, 1));
    }
    Constant taken = ConstantFolding.concat(call, rows, dimension);
    List<Integer> shape = new ArrayList<>(LayoutOperators.list(taken.shape()));
    if (scalar) {
      shape.remove(dimension);
    }
    return ConstantFolding.reshape(taken, shape);
  }

  /** An embedding: rows of a constant table. */
  private static Data lookUp(OperatorCall call, Data ids, long axis)
      throws IOException, ImportException {
    Constant table = call.numbers(0);
    if (table.rank() != 2 || axis != 0 || table.values().length == 0) {
      throw call.refuse("an embedding's table must have two dimensions, and be taken by rows");
    }
    GraphInputs inputs = call.nodes().inputs();
    if (!inputs.has(ids.node()) || ids.range() != null) {
      throw call.refuse("the embedding's indices are not an input of the graph");
    }
    InputLayout layout = inputs.layout(ids.node());
    if (layout.vocabulary() == 0) {
      throw new InputLayout.Learned(ids.node(), layout.withVocabulary(table.shape()[0]));
    }
    requireSteps(call, ids, layout);
    int width = table.shape()[1];
    Layer.Embedding embedding = new Layer.Embedding(table.shape()[0], width, false, table.values());
    Axis features = call.nodes().axis(width);
    List<List<Axis>> groups = new ArrayList<>(ids.groups());
    groups.add(List.of(features));
    List<List<Axis>> dims = new ArrayList<>(ids.dims());
    dims.add(List.of(features));
    return new Data(call.nodes().add(call, embedding, ids.node()), groups, dims);
  }

  /** Ids of a fixed number of steps are a sequence too, where any number may be asked for. */
  private static void requireSteps(OperatorCall call, Data ids, InputLayout layout) {
    GraphInputs inputs = call.nodes().inputs();
    Data whole = inputs.data(ids.node());
    for (List<Axis> dimension : whole.dims()) {
      for (Axis each : dimension) {
        if (inputs.isOpen() && whole.rank() == 2 && each.isFixed() && layout.time() < 0) {
          throw new InputLayout.Learned(ids.node(), layout.withTime(each.index()));
        }
      }
    }
  }

  /** One of a dimension, which goes or stays with size 1. */
  private static Data one(
      OperatorCall call, Data data, int dimension, SymbolicSize index, boolean keep)
      throws ImportException {
    List<Axis> of = data.dims().get(dimension);
    SymbolicSize size = data.size(dimension);
    boolean isOpen = of.stream().anyMatch(axis -> !axis.isFixed() && !axis.isBatch());
    SymbolicSize last = size == null ? null : size.plus(SymbolicSize.of(-1));
    if (size != null && size.is(1) && (index.is(0) || index.is(-1)) && !isOpen) {
      return squeezed(data, dimension, keep);
    }
    long at;
    if (index.equals(last)) {
      at = -1;
    } else if (index.isConstant()) {
      at = index.offset();
    } else {
      throw call.refuse("its index depends on the size of the model's input");
    }
    if (at >= 0 && size != null && size.isConstant() && at >= size.offset()) {
      throw call.refuse("there is no place %d of %d".formatted(at, size.offset()));
    }
    Long end = at == -1 ? null : Long.valueOf(at + 1);
    return Slicing.part(call, data, dimension, new Slicing.Range(at, end, 1), !keep);
  }

  private static Data squeezed(Data data, int dimension, boolean keep) {
    Data less = data.withDims(data.replace(dimension, keep ? List.of() : null));
    for (Axis axis : data.dims().get(dimension)) {
      less = axis.isFixed() ? less.replaced(axis, List.of()) : less;
    }
    return less;
  }

  /** Several places of a dimension of a fixed size. */
  static Data taken(OperatorCall call, Data given, int dimension, long[] indices)
      throws ImportException {
    Data data = call.nodes().settled(given);
    List<Axis> axes = data.dims().get(dimension);
    if (axes.isEmpty() || !axes.stream().allMatch(Axis::isFixed)) {
      throw call.refuse("it takes places of a dimension whose size is not fixed");
    }
    Data alone = Slicing.merged(call, data, axes);
    int group = alone.groups().indexOf(axes);
    int size = call.nodes().shape(alone.node()).fixed(group);
    List<Integer> places = new ArrayList<>();
    for (long index : indices) {
      places.add(call.axis(index, size));
    }
    String node = call.nodes().add(call, new ArrayOperation.Take(group, places), alone.node());
    List<List<Axis>> groups = new ArrayList<>(alone.groups());
    List<Axis> own = List.of(call.nodes().axis(Dimension.of(places.size())));
    groups.set(group, own);
    return new Data(node, groups, alone.replace(dimension, own));
  }

  private static List<Value> slice(OperatorCall call) throws IOException, ImportException {
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
      if (step == 0) {
        throw call.refuse("its step is 0");
      }
      result =
          result instanceof Data data
              ? Slicing.slice(call, data, axis, starts.get(i), ends.get(i), step)
              : ofConstant(call, result, axis, starts.get(i), ends.get(i), step);
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

  private static Value ofConstant(
      OperatorCall call, Value value, int axis, SymbolicSize start, SymbolicSize end, long step)
      throws ImportException {
    if (!start.isConstant() || !end.isConstant()) {
      throw call.refuse("its range is not constant");
    }
    if (value instanceof Integers integers) {
      int count = integers.elements().size();
      long from = bound(start.offset(), count);
      long to = bound(end.offset(), count);
      if (step == -1 && start.offset() == -1 && end.offset() < -count) {
        List<SymbolicSize> turned = new ArrayList<>(integers.elements());
        Collections.reverse(turned);
        return Integers.vector(turned);
      }
      if (step != 1) {
        throw call.refuse("a shape is cut in steps of " + step);
      }
      return Integers.vector(integers.elements().subList((int) from, (int) Math.max(from, to)));
    }
    Constant numbers = (Constant) value;
    int size = numbers.shape()[axis];
    if (step < 0) {
      if (step != -1
          || (start.offset() < size - 1 && start.offset() != -1)
          || end.offset() >= -size) {
        throw call.refuse("it turns only a part of a constant around");
      }
      return ConstantFolding.turned(call, numbers, axis);
    }
    return ConstantFolding.slice(
        call, numbers, axis, bound(start.offset(), size), bound(end.offset(), size), step);
  }

  private static int bound(long index, int size) {
    return (int) Math.max(0, Math.min(size, index < 0 ? index + size : index));
  }

  /** A range of a graph input along a dimension that is no time, which is cut out where needed. */
  static @Nullable Data ofInput(OperatorCall call, Data data, int dimension, Slicing.Range range) {
    List<Axis> of = data.dims().get(dimension);
    if (!call.nodes().inputs().has(data.node())
        || data.range() != null
        || of.size() != 1
        || of.get(0).isBatch()
        || (!of.get(0).isUnknown() && !of.get(0).isFixed())
        || range.step() != 1) {
      return null;
    }
    Axis axis = of.get(0);
    long size = axis.isFixed() ? axis.size().size() : -1;
    long from = range.from() < 0 && size >= 0 ? range.from() + size : range.from();
    Long end = range.to() == null ? (size < 0 ? null : Long.valueOf(size)) : range.to();
    if (end == null || from < 0 || end <= from || (size >= 0 && end > size)) {
      return null;
    }
    Axis own = call.nodes().axis((int) (end - from));
    Data cut = data.replaced(axis, List.of(own));
    return new Data(data.node(), cut.groups(), cut.dims(), new InputRange(axis, from, end));
  }

  private static List<Value> split(OperatorCall call) throws IOException, ImportException {
    Value from = call.get(0);
    int parts = call.node().outputs().size();
    if (from instanceof Value.Zeros) {
      return Collections.nCopies(parts, from);
    }
    int rank =
        from instanceof Data data
            ? data.rank()
            : from instanceof Integers ? 1 : call.numbers(0).rank();
    int axis = call.axis(call.node().integer("axis", 0), rank);
    SymbolicSize size =
        from instanceof Data data
            ? data.size(axis)
            : SymbolicSize.of(call.numbers(0).shape()[axis]);
    List<SymbolicSize> lengths = lengths(call, size, parts);
    List<Value> results = new ArrayList<>();
    Value whole = from instanceof Value.StoredConstant ? call.numbers(0) : from;
    long begin = 0;
    for (SymbolicSize length : lengths) {
      if (!length.isConstant() || length.offset() < 0) {
        throw call.refuse("its parts are not constant");
      }
      SymbolicSize start = SymbolicSize.of(begin);
      SymbolicSize end = SymbolicSize.of(begin + length.offset());
      results.add(
          whole instanceof Data data
              ? Slicing.slice(call, data, axis, start, end, 1)
              : ofConstant(call, whole, axis, start, end, 1));
      begin += length.offset();
    }
    if (size != null && size.isConstant() && size.offset() != begin) {
      throw call.refuse("its parts are %d of %d".formatted(begin, size.offset()));
    }
    return results;
  }

  /** How much of a dimension each of the parts takes: what is given, or else the same. */
  private static List<SymbolicSize> lengths(
      OperatorCall call, @Nullable SymbolicSize size, int parts) throws ImportException {
    List<SymbolicSize> given = call.sizes("split", 1);
    if (given == null) {
      if (size == null || !size.isConstant() || parts == 0) {
        throw call.refuse("its parts cannot be told ahead");
      }
      long each = (size.offset() + parts - 1) / parts;
      SymbolicSize[] sizes = new SymbolicSize[parts];
      Arrays.fill(sizes, SymbolicSize.of(each));
      sizes[parts - 1] = SymbolicSize.of(size.offset() - each * (parts - 1));
      return List.of(sizes);
    }
    if (given.size() != parts) {
      throw call.refuse("it has %d parts and %d outputs".formatted(given.size(), parts));
    }
    return given;
  }

  /** Whole sequences turned around. */
  private static List<Value> reverse(OperatorCall call) throws ImportException {
    Data data = call.data(0);
    int time = call.axis(call.node().integer("time_axis", 0), data.rank());
    int batch = call.axis(call.node().integer("batch_axis", 1), data.rank());
    SymbolicSize all = data.size(time);
    boolean isFull = call.get(1) instanceof Value.Filled filled && filled.size().equals(all);
    if (call.get(1) instanceof Integers integers) {
      isFull = integers.elements().stream().allMatch(each -> each.equals(all));
    }
    if (!isFull || time == batch) {
      throw call.refuse("its sequence_lens are not the length of every sequence");
    }
    return List.of(Slicing.turned(call, data, time));
  }
}
