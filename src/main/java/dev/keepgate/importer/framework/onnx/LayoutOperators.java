package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Integers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The operators that move numbers and compute none: on the data they are followed axis by axis, on
 * constants they are done.
 */
final class LayoutOperators {

  static final Map<String, Operator> ALL =
      Map.ofEntries(
          Map.entry("Transpose", LayoutOperators::transpose),
          Map.entry("Squeeze", LayoutOperators::squeeze),
          Map.entry("Unsqueeze", LayoutOperators::unsqueeze),
          Map.entry("Reshape", LayoutOperators::reshape),
          Map.entry("Flatten", LayoutOperators::flatten),
          Map.entry("Concat", Joining::concat),
          Map.entry("Expand", Repeating::expand),
          Map.entry("Tile", Repeating::tile));

  private LayoutOperators() {}

  private static List<Value> transpose(OperatorCall call) throws IOException, ImportException {
    Value value = call.get(0);
    if (value instanceof Value.Zeros) {
      return List.of(value);
    }
    int rank = value instanceof Data data ? data.rank() : call.numbers(0).rank();
    List<Long> given = call.node().integers("perm");
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      order.add(
          given == null ? rank - 1 - i : call.axis(i < given.size() ? given.get(i) : rank, rank));
    }
    if (order.stream().distinct().count() != rank) {
      throw call.refuse("perm " + given + " is no permutation");
    }
    if (value instanceof Data data) {
      return List.of(data.withDims(order.stream().map(i -> data.dims().get(i)).toList()));
    }
    return List.of(ConstantFolding.transpose(call, call.numbers(0), order));
  }

  private static List<Value> squeeze(OperatorCall call) throws IOException, ImportException {
    Value value = call.get(0);
    if (value instanceof Value.Zeros) {
      return List.of(value);
    }
    if (value instanceof Integers integers) {
      if (integers.elements().size() != 1) {
        throw call.refuse("squeezes a vector of %d numbers".formatted(integers.elements().size()));
      }
      return List.of(new Integers(integers.elements(), true));
    }
    if (value instanceof Data data) {
      return List.of(squeeze(call, data));
    }
    Constant numbers = call.numbers(0);
    List<Integer> axes = call.axes(1, numbers.rank());
    List<Integer> shape = new ArrayList<>();
    for (int i = 0; i < numbers.rank(); i++) {
      boolean drop = axes == null ? numbers.shape()[i] == 1 : axes.contains(i);
      if (drop && numbers.shape()[i] != 1) {
        throw call.refuse("axis %d is not of size 1".formatted(i));
      }
      if (!drop) {
        shape.add(numbers.shape()[i]);
      }
    }
    return List.of(ConstantFolding.reshape(numbers, shape));
  }

  private static Data squeeze(OperatorCall call, Data data) throws ImportException {
    List<Integer> axes = call.axes(1, data.rank());
    List<List<Axis>> kept = new ArrayList<>();
    for (int i = 0; i < data.rank(); i++) {
      List<Axis> dimension = data.dims().get(i);
      SymbolicSize size = data.size(i);
      boolean one = dimension.isEmpty() || (size != null && size.is(1));
      if (axes == null && (size == null || !size.isConstant())) {
        throw call.refuse("it names no axes, and what it does depends on the input's size");
      }
      boolean drop = axes == null ? one : axes.contains(i);
      if (drop && !one) {
        throw call.refuse("axis %d is not always of size 1".formatted(i));
      }
      if (!drop) {
        kept.add(dimension);
      } else if (dimension.stream().anyMatch(axis -> !axis.isFixed() && !axis.isBatch())) {
        throw call.refuse("axis %d is a step of the model's input".formatted(i));
      }
    }
    Data squeezed = data.withDims(kept);
    for (int i = 0; i < data.rank(); i++) {
      for (Axis axis : data.dims().get(i)) {
        boolean isGone = kept.stream().noneMatch(dimension -> dimension.contains(axis));
        squeezed = isGone && axis.isFixed() ? squeezed.replaced(axis, List.of()) : squeezed;
      }
    }
    return squeezed;
  }

  private static List<Value> unsqueeze(OperatorCall call) throws IOException, ImportException {
    Value value = call.get(0);
    if (value instanceof Value.Zeros) {
      return List.of(value);
    }
    if (value instanceof Integers integers && integers.scalar()) {
      return List.of(Integers.vector(integers.elements()));
    }
    int rank = value instanceof Data data ? data.rank() : call.numbers(0).rank();
    List<SymbolicSize> given = call.sizes("axes", 1);
    int count = given == null ? 0 : given.size();
    List<Integer> axes = call.axes(1, rank + count);
    if (axes == null
        || axes.stream().distinct().count() != count
        || rank + count > OnnxTensor.MAX_RANK) {
      throw call.refuse("its axes are impossible");
    }
    if (value instanceof Data data) {
      List<List<Axis>> more = new ArrayList<>(data.dims());
      axes.stream().sorted().forEach(axis -> more.add(axis, List.of()));
      return List.of(data.withDims(more));
    }
    List<Integer> shape = new ArrayList<>();
    for (int size : call.numbers(0).shape()) {
      shape.add(size);
    }
    axes.stream().sorted().forEach(axis -> shape.add(axis, 1));
    return List.of(ConstantFolding.reshape(call.numbers(0), shape));
  }

  private static List<Value> reshape(OperatorCall call) throws IOException, ImportException {
    Value value = call.get(0);
    if (value instanceof Value.Zeros) {
      return List.of(value);
    }
    List<SymbolicSize> target = call.sizes("shape", 1);
    if (target == null || target.size() > OnnxTensor.MAX_RANK) {
      throw call.refuse("its shape is missing or too long");
    }
    boolean copyZeros = call.node().integer("allowzero", 0) == 0;
    if (value instanceof Data data) {
      return List.of(new Reshaping(call, data).to(target, copyZeros));
    }
    if (value instanceof Integers integers && target.size() < 2) {
      return List.of(new Integers(integers.elements(), target.isEmpty()));
    }
    return List.of(ConstantFolding.reshape(call, call.numbers(0), call.constants(1), copyZeros));
  }

  private static List<Value> flatten(OperatorCall call) throws ImportException {
    if (!(call.get(0) instanceof Data data)) {
      throw call.refuse("only the data is flattened");
    }
    int axis = call.axis(call.node().integer("axis", 1), data.rank() + 1);
    List<Axis> left = new ArrayList<>();
    List<Axis> right = new ArrayList<>();
    for (int i = 0; i < data.rank(); i++) {
      (i < axis ? left : right).addAll(data.dims().get(i));
    }
    return List.of(data.withDims(Reshaping.ofOneRow(List.of(left, right))));
  }

  /** The sizes of a shape as a list. */
  static List<Integer> list(int[] shape) {
    return Arrays.stream(shape).boxed().toList();
  }
}
