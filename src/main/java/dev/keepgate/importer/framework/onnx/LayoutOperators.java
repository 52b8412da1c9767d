package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Integers;
import dev.keepgate.importer.framework.onnx.Value.Part;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

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
          Map.entry("Gather", SelectionOperators::gather),
          Map.entry("Slice", SelectionOperators::slice),
          Map.entry("Split", SelectionOperators::split),
          Map.entry("Concat", LayoutOperators::concat));

  private LayoutOperators() {}

  /** Whether parts are all that one layer gives, in order. */
  static boolean isComplete(List<Part> parts) {
    LayerChain chain = parts.get(0).chain();
    return parts.equals(List.of(new Part(chain, Part.WHOLE)))
        || (chain.isBidirectional()
            && parts.equals(List.of(new Part(chain, 0), new Part(chain, 1))));
  }

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
      return List.of(data.withAxes(order.stream().map(i -> data.axes().get(i)).toList()));
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
      List<Axis> dimension = data.axes().get(i);
      SymbolicSize size = data.size(i);
      boolean one = dimension.isEmpty() || (size != null && size.is(1));
      if (axes == null && !dimension.isEmpty() && (one || !dimension.contains(Axis.FEATURE))) {
        throw call.refuse("it names no axes, and what it does depends on the input's size");
      }
      boolean drop = axes == null ? one : axes.contains(i);
      if (drop && !one) {
        throw call.refuse("axis %d is not always of size 1".formatted(i));
      }
      if (!drop) {
        kept.add(dimension);
      }
    }
    return data.withAxes(kept);
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
      List<List<Axis>> more = new ArrayList<>(data.axes());
      axes.stream().sorted().forEach(axis -> more.add(axis, List.of()));
      return List.of(data.withAxes(more));
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
      return List.of(merged(call, data.withAxes(new Reshaping(call, data).to(target, copyZeros))));
    }
    if (value instanceof Integers integers) {
      if (target.size() > 1) {
        throw call.refuse("it makes a matrix of a shape");
      }
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
      (i < axis ? left : right).addAll(data.axes().get(i));
    }
    return List.of(merged(call, data.withAxes(List.of(left, right))));
  }

  /** Directions in front of their features, as one dimension, are the layer's features. */
  private static Data merged(OperatorCall call, Data data) throws ImportException {
    List<Axis> both = List.of(Axis.PARTS, Axis.FEATURE);
    List<List<Axis>> axes = new ArrayList<>();
    List<Part> parts = data.parts();
    for (List<Axis> dimension : data.axes()) {
      int at = Collections.indexOfSubList(dimension, both);
      if (at < 0) {
        axes.add(dimension);
        continue;
      }
      if (!isComplete(parts)) {
        throw call.refuse("it puts states side by side that are not those of one layer");
      }
      List<Axis> features = new ArrayList<>(dimension);
      features.remove(at);
      axes.add(features);
      parts = List.of(new Part(data.chain(), Part.WHOLE));
    }
    return data.withParts(parts, axes);
  }

  private static List<Value> concat(OperatorCall call) throws IOException, ImportException {
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < call.inputs().size(); i++) {
      values.add(call.get(i));
    }
    if (values.isEmpty()) {
      throw call.refuse("it has no inputs");
    }
    if (values.size() == 1) {
      return values;
    }
    if (values.stream().allMatch(Value.Zeros.class::isInstance)) {
      return List.of(values.get(0));
    }
    if (values.stream().allMatch(Integers.class::isInstance)) {
      List<SymbolicSize> all = new ArrayList<>();
      for (int i = 0; i < values.size(); i++) {
        all.addAll(call.sizes(i));
      }
      if (all.size() > OnnxTensor.MAX_RANK * OnnxTensor.MAX_RANK) {
        throw call.refuse("its result is too long for a shape");
      }
      return List.of(Integers.vector(all));
    }
    if (values.get(0) instanceof Data) {
      return List.of(join(call, values));
    }
    List<Constant> numbers = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      numbers.add(call.numbers(i));
    }
    return List.of(ConstantFolding.concat(call, numbers));
  }

  /** Joins parts: states of several layers, or the two directions of one. */
  private static Data join(OperatorCall call, List<Value> values) throws ImportException {
    List<Part> parts = new ArrayList<>();
    Data first = (Data) values.get(0);
    int axis = call.axis(call.node().integer("axis", 0), first.rank());
    List<Axis> dimension = first.axes().get(axis);
    boolean sideBySide = dimension.equals(List.of(Axis.FEATURE));
    for (Value value : values) {
      if (!(value instanceof Data data)
          || data.isInput()
          || data.selection() != first.selection()
          || data.rank() != first.rank()
          || !rest(data, axis).equals(rest(first, axis))
          || data.axes().get(axis).equals(List.of(Axis.FEATURE)) != sideBySide) {
        throw call.refuse("it joins what are not the directions of one layer or states of layers");
      }
      parts.addAll(data.parts());
    }
    if (!sideBySide) {
      if (!dimension.isEmpty() && !dimension.equals(List.of(Axis.PARTS))) {
        throw call.refuse("it joins sequences");
      }
      return first.withParts(parts, first.replace(axis, List.of(Axis.PARTS)));
    }
    if (parts.size() != 2 || !isComplete(parts)) {
      throw call.refuse("it puts side by side what are not the two directions of one layer");
    }
    return first.withParts(List.of(new Part(first.chain(), Part.WHOLE)), first.axes());
  }

  private static List<List<Axis>> rest(Data data, int axis) {
    return IntStream.range(0, data.rank())
        .filter(i -> i != axis)
        .mapToObj(data.axes()::get)
        .toList();
  }

  /** The sizes of a shape as a list. */
  static List<Integer> list(int[] shape) {
    return Arrays.stream(shape).boxed().toList();
  }
}
