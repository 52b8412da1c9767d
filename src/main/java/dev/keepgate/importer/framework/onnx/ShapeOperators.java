package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Integers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Constants, and the operators by which exporters compute shapes. */
final class ShapeOperators {

  static final Map<String, Operator> ALL =
      Map.ofEntries(
          Map.entry("Constant", ShapeOperators::constant),
          Map.entry("Shape", ShapeOperators::shape),
          Map.entry("ConstantOfShape", ShapeOperators::constantOfShape),
          Map.entry("Range", ShapeOperators::range));

  private ShapeOperators() {}

  private static List<Value> constant(OperatorCall call) throws IOException, ImportException {
    OnnxNode.Attribute attribute = call.node().attributes().get("value");
    if (attribute != null && attribute.tensor() != null) {
      return List.of(call.evaluation().constant(attribute.tensor()));
    }
    OnnxNode node = call.node();
    if (node.has("value_int")) {
      return List.of(new Integers(List.of(SymbolicSize.of(node.integer("value_int", 0))), true));
    }
    List<Long> integers = node.integers("value_ints");
    if (integers != null) {
      return List.of(Integers.vector(integers.stream().map(SymbolicSize::of).toList()));
    }
    if (node.has("value_float")) {
      return List.of(new Value.Constant(new int[0], new float[] {node.number("value_float", 0)}));
    }
    List<Float> numbers = node.numbers("value_floats");
    if (numbers.isEmpty()) {
      throw call.refuse("this kind of constant is not supported");
    }
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers.get(i);
    }
    return List.of(new Value.Constant(new int[] {values.length}, values));
  }

  private static List<Value> shape(OperatorCall call) throws ImportException {
    List<SymbolicSize> sizes = sizes(call);
    int from = bound(call.node().integer("start", 0), sizes.size());
    int to = bound(call.node().integer("end", sizes.size()), sizes.size());
    return List.of(Integers.vector(sizes.subList(from, Math.max(from, to))));
  }

  private static int bound(long index, int rank) {
    return (int) Math.max(0, Math.min(rank, index < 0 ? index + rank : index));
  }

  private static List<SymbolicSize> sizes(OperatorCall call) throws ImportException {
    List<SymbolicSize> sizes = new ArrayList<>();
    Value value = call.get(0);
    if (value instanceof Data data) {
      for (int i = 0; i < data.rank(); i++) {
        SymbolicSize size = data.size(i);
        if (size == null || size.is(-1)) {
          throw call.refuse("dimension %d is not known".formatted(i));
        }
        sizes.add(size);
      }
      return sizes;
    }
    int[] shape =
        value instanceof Value.StoredConstant stored
            ? stored.tensor().shape()
            : value instanceof Value.Constant numbers
                ? numbers.shape()
                : value instanceof Integers integers
                    ? integers.scalar() ? new int[0] : new int[] {integers.elements().size()}
                    : null;
    if (shape == null) {
      throw call.refuse("the shape of its input is not known");
    }
    for (int size : shape) {
      sizes.add(SymbolicSize.of(size));
    }
    return sizes;
  }

  private static List<Value> constantOfShape(OperatorCall call)
      throws IOException, ImportException {
    OnnxNode.Attribute attribute = call.node().attributes().get("value");
    if (attribute == null || attribute.tensor() == null) {
      return List.of(new Value.Zeros());
    }
    OnnxTensor tensor = attribute.tensor();
    if (tensor.count() != 1) {
      throw call.refuse("its value is not one number");
    }
    if (tensor.isWhole()) {
      long value = call.evaluation().file().integers(tensor)[0];
      if (call.find(0) instanceof Integers shape
          && shape.elements().size() == 1
          && shape.elements().get(0).isConstant()) {
        long count = shape.elements().get(0).offset();
        if (count >= 0 && count <= OnnxTensor.MAX_RANK) {
          return List.of(Integers.vector(Collections.nCopies((int) count, SymbolicSize.of(value))));
        }
      }
      return List.of(value == 0 ? new Value.Zeros() : new Value.Filled(SymbolicSize.of(value)));
    }
    float value = call.evaluation().file().floats(tensor)[0];
    if (value == 0) {
      return List.of(new Value.Zeros());
    }
    int[] shape = Arrays.stream(call.constants(0)).mapToInt(Math::toIntExact).toArray();
    return List.of(ConstantFolding.filled(call, shape, value));
  }

  /** Integers that are all constant. */
  private static List<Value> range(OperatorCall call) throws ImportException {
    long start = call.constants(0)[0];
    long limit = call.constants(1)[0];
    long step = call.constants(2)[0];
    if (step == 0 || (limit - start) / step > Evaluation.MAX_SMALL) {
      throw call.refuse("its range is too long");
    }
    List<SymbolicSize> elements = new ArrayList<>();
    for (long i = start; step > 0 ? i < limit : i > limit; i += step) {
      elements.add(SymbolicSize.of(i));
    }
    return List.of(Integers.vector(elements));
  }

  /** A function of two integers; null where the result has no simple form. */
  interface Arithmetic {
    @Nullable SymbolicSize apply(SymbolicSize a, SymbolicSize b);
  }

  /** Elementwise on integers, one of which may be a single number; null for other values. */
  static @Nullable List<Value> elementwise(OperatorCall call, Arithmetic function)
      throws ImportException {
    if (!(call.get(0) instanceof Integers a) || !(call.get(1) instanceof Integers b)) {
      return null;
    }
    int count = Math.max(a.elements().size(), b.elements().size());
    List<SymbolicSize> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      SymbolicSize left = element(call, a, i, count);
      SymbolicSize right = element(call, b, i, count);
      SymbolicSize result = function.apply(left, right);
      if (result == null) {
        throw call.refuse("its result cannot be told ahead");
      }
      results.add(result);
    }
    return List.of(new Integers(results, a.scalar() && b.scalar()));
  }

  private static SymbolicSize element(OperatorCall call, Integers integers, int index, int count)
      throws ImportException {
    int size = integers.elements().size();
    if (size != count && size != 1) {
      throw call.refuse("vectors of %d and %d numbers do not fit".formatted(size, count));
    }
    return integers.elements().get(size == 1 ? 0 : index);
  }

  /** One of two where all are integers; null where they are not. */
  static @Nullable List<Value> where(OperatorCall call) throws ImportException {
    for (int i = 0; i < 3; i++) {
      if (!(call.get(i) instanceof Integers)) {
        return null;
      }
    }
    long[] conditions = call.constants(0);
    List<SymbolicSize> yes = call.sizes(1);
    List<SymbolicSize> no = call.sizes(2);
    List<SymbolicSize> results = new ArrayList<>();
    int count = Math.max(conditions.length, Math.max(yes.size(), no.size()));
    for (int i = 0; i < count; i++) {
      if (conditions.length != count && conditions.length != 1) {
        throw call.refuse("its inputs do not fit");
      }
      List<SymbolicSize> from = conditions[conditions.length == 1 ? 0 : i] != 0 ? yes : no;
      if (from.size() != count && from.size() != 1) {
        throw call.refuse("its inputs do not fit");
      }
      results.add(from.get(from.size() == 1 ? 0 : i));
    }
    return List.of(Integers.vector(results));
  }
}
