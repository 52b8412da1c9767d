package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Integers;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operators Expand and Tile. */
final class Repeating {

  private Repeating() {}

  static List<Value> expand(OperatorCall call) throws IOException, ImportException {
    Value value = call.get(0);
    if (value instanceof Value.Zeros || value instanceof Value.Filled) {
      return List.of(value);
    }
    List<SymbolicSize> target = call.sizes(1);
    if (value instanceof Data data) {
      return List.of(expand(call, call.nodes().settled(data), target));
    }
    if (value instanceof Integers integers && integers.elements().size() == 1) {
      return List.of(new Value.Filled(integers.elements().get(0)));
    }
    Constant numbers = call.numbers(0);
    if (isZero(numbers)) {
      return List.of(new Value.Zeros());
    }
    return List.of(repeated(call, numbers, target, true));
  }

  static boolean isZero(Constant numbers) {
    for (float number : numbers.values()) {
      if (number != 0) {
        return false;
      }
    }
    return true;
  }

  /** A constant of a dimension for each row stays as it is for one. */
  private static Constant repeated(
      OperatorCall call, Constant numbers, List<SymbolicSize> target, boolean isExpand)
      throws ImportException {
    int[] shape = new int[Math.max(numbers.rank(), target.size())];
    Arrays.fill(shape, 1);
    for (int i = 0; i < target.size(); i++) {
      SymbolicSize size = target.get(i);
      boolean isBatch = size.axes().stream().allMatch(Axis::isBatch);
      if (!size.isConstant() && !isBatch) {
        throw call.refuse("it repeats a constant as often as the input has steps");
      }
      shape[shape.length - target.size() + i] = size.isConstant() ? (int) size.offset() : 1;
    }
    if (!isExpand) {
      for (int i = 0; i < numbers.rank(); i++) {
        if (shape[i] != 1 && numbers.shape()[i] != 1) {
          throw call.refuse("it repeats a constant that has more than one along an axis");
        }
      }
    }
    return ConstantFolding.elementwise(
        call, numbers, ConstantFolding.filled(call, shape, 1), (a, b) -> a);
  }

  private static Data expand(OperatorCall call, Data data, List<SymbolicSize> target)
      throws ImportException {
    Data wider = data;
    List<List<Axis>> dims = new ArrayList<>(data.dims());
    while (dims.size() < target.size()) {
      dims.add(0, List.of());
    }
    wider = wider.withDims(dims);
    for (int i = 0; i < target.size(); i++) {
      int dimension = dims.size() - target.size() + i;
      SymbolicSize there = wider.size(dimension);
      SymbolicSize size = target.get(i);
      if (size.is(1) || size.is(-1) || size.equals(there) || areBatches(size, there)) {
        continue;
      }
      if (there == null || !there.is(1)) {
        throw call.refuse("it repeats dimension %d of size %s".formatted(dimension, there));
      }
      wider = repeat(call, wider, dimension, size);
    }
    return wider;
  }

  /** Every input has as many rows as the others. */
  private static boolean areBatches(SymbolicSize a, @Nullable SymbolicSize b) {
    return b != null
        && !a.isConstant()
        && !b.isConstant()
        && a.axes().size() == 1
        && b.axes().size() == 1
        && a.axes().get(0).isBatch()
        && b.axes().get(0).isBatch()
        && a.factor() == b.factor()
        && a.offset() == b.offset();
  }

  private static Data repeat(OperatorCall call, Data data, int dimension, SymbolicSize size)
      throws ImportException {
    if (!data.dims().get(dimension).stream().allMatch(Axis::isFixed)) {
      throw call.refuse("it repeats what the file fixes to one and the network leaves open");
    }
    if (size.isConstant()) {
      int[] shape = new int[data.rank()];
      Arrays.fill(shape, 1);
      shape[dimension] = Math.toIntExact(size.offset());
      Constant ones = ConstantFolding.filled(call, shape, 1);
      return ArithmeticOperators.withConstant(call, data, ones, Arithmetic.MULTIPLY, false);
    }
    Axis like = size.axes().get(0);
    if (size.axes().size() != 1 || size.factor() != 1 || size.offset() != 0) {
      throw call.refuse("it repeats so often as cannot be told ahead");
    }
    if (like.isBatch()) {
      return data.withDims(data.replace(dimension, List.of(like)));
    }
    GraphNodes.Source source = call.nodes().source(like.size());
    if (source == null) {
      throw call.refuse("it repeats so often as cannot be told ahead");
    }
    Data less = Alignment.withoutUnits(data);
    List<List<Axis>> groups = new ArrayList<>(less.groups());
    groups.removeIf(List::isEmpty);
    groups.add(0, List.of());
    Data placed = call.nodes().arranged(less, groups);
    String node =
        call.nodes()
            .add(
                call,
                new ArrayOperation.RepeatLike(0, source.axis()),
                placed.node(),
                source.node());
    Axis own = call.nodes().axis(like.size());
    groups.set(0, List.of(own));
    return new Data(node, groups, less.replace(dimension, List.of(own)));
  }

  /** As often as each of the repeats says. */
  static List<Value> tile(OperatorCall call) throws IOException, ImportException {
    Value value = call.get(0);
    if (value instanceof Value.Zeros || value instanceof Value.Filled) {
      return List.of(value);
    }
    List<SymbolicSize> repeats = call.sizes(1);
    if (!(value instanceof Data data)) {
      Constant numbers = call.numbers(0);
      return List.of(isZero(numbers) ? new Value.Zeros() : repeated(call, numbers, repeats, false));
    }
    Data tiled = call.nodes().settled(data);
    for (int i = 0; i < repeats.size(); i++) {
      SymbolicSize times = repeats.get(i);
      if (times.is(1)) {
        continue;
      }
      SymbolicSize there = tiled.size(i);
      tiled =
          there != null && there.is(1)
              ? repeat(call, tiled, i, times)
              : sideBySide(call, tiled, i, times);
    }
    return List.of(tiled);
  }

  private static Data sideBySide(OperatorCall call, Data data, int dimension, SymbolicSize times)
      throws ImportException {
    List<Axis> axes = data.dims().get(dimension);
    if (!times.isConstant()
        || times.offset() < 1
        || times.offset() > Evaluation.MAX_SMALL
        || !axes.stream().allMatch(Axis::isFixed)) {
      throw call.refuse("it repeats the batch, or so often as cannot be told ahead");
    }
    Data alone = Slicing.merged(call, data, axes);
    int group = alone.groups().indexOf(axes);
    List<String> below = new ArrayList<>();
    for (int i = 0; i < times.offset(); i++) {
      below.add(alone.node());
    }
    String node = call.nodes().add(call.node().name(), new ShapeOperation.Concat(group), below);
    List<List<Axis>> groups = new ArrayList<>(alone.groups());
    List<Axis> own = List.of(call.nodes().axis(call.nodes().shape(node).dims().get(group)));
    groups.set(group, own);
    return new Data(node, groups, alone.replace(dimension, own));
  }
}
