package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Integers;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.ShapeOperation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The operator Concat: shapes, constants, and what the layers give side by side. */
final class Joining {

  private Joining() {}

  static List<Value> concat(OperatorCall call) throws IOException, ImportException {
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < call.inputs().size(); i++) {
      values.add(call.get(i));
    }
    if (values.isEmpty()) {
      throw call.refuse("it has no inputs");
    }
    if (values.size() == 1 || values.stream().allMatch(Value.Zeros.class::isInstance)) {
      return List.of(values.get(0));
    }
    if (values.stream().allMatch(Integers.class::isInstance)) {
      return List.of(shapes(call, values));
    }
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) instanceof Data data) {
        return List.of(join(call, values, data));
      }
    }
    List<Constant> numbers = new ArrayList<>();
    for (Value value : values) {
      numbers.add(call.constant(value));
    }
    return List.of(ConstantFolding.concat(call, numbers));
  }

  private static Value shapes(OperatorCall call, List<Value> values) throws ImportException {
    List<SymbolicSize> all = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      all.addAll(call.sizes(i));
    }
    if (all.size() > Evaluation.MAX_SMALL) {
      throw call.refuse("its result is too long for a shape");
    }
    return Integers.vector(all);
  }

  private static Data join(OperatorCall call, List<Value> values, Data like)
      throws IOException, ImportException {
    int axis = call.axis(call.node().integer("axis", 0), like.rank());
    List<Data> parts = new ArrayList<>();
    for (Value value : values) {
      Data part = value instanceof Data data ? data : constant(call, call.constant(value), like);
      if (part.rank() != like.rank()) {
        throw call.refuse("its inputs have different numbers of dimensions");
      }
      parts.add(call.nodes().settled(part));
    }
    Data first = parts.get(0);
    List<Data> matched = new ArrayList<>(List.of(first));
    for (Data part : parts.subList(1, parts.size())) {
      matched.add(matched(call, part, first, axis));
    }
    return side(call, matched, axis);
  }

  /** A constant as what each row gets. */
  static Data constant(OperatorCall call, Constant constant, Data like) throws ImportException {
    List<List<Axis>> dims = new ArrayList<>();
    List<List<Axis>> groups = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (int size : constant.shape()) {
      if (size == 1) {
        dims.add(List.of());
        continue;
      }
      Axis own = call.nodes().axis(size);
      dims.add(List.of(own));
      groups.add(List.of(own));
      sizes.add(size);
    }
    if (sizes.isEmpty()) {
      sizes.add(1);
      groups.add(List.of());
    }
    String node =
        call.nodes().add(call, new ArrayOperation.Constant(sizes, constant.values()), like.node());
    return new Data(node, groups, dims);
  }

  /** The part with the first's axes but along the one that is joined. */
  private static Data matched(OperatorCall call, Data given, Data first, int axis)
      throws ImportException {
    Data part = given;
    for (int i = 0; i < first.rank(); i++) {
      List<Axis> left = first.dims().get(i);
      List<Axis> right = part.dims().get(i);
      if (i == axis) {
        continue;
      }
      boolean isImplicitBatch =
          right.isEmpty() && left.size() == 1 && left.get(0).isBatch() && lacksBatch(part);
      if (isImplicitBatch) {
        part = part.withDims(part.replace(i, left));
        continue;
      }
      boolean same = left.size() == right.size();
      for (int k = 0; same && k < left.size(); k++) {
        same = left.get(k).size().equals(right.get(k).size());
      }
      if (!same) {
        throw call.refuse("its inputs differ in dimension %d".formatted(i));
      }
      for (int k = 0; k < left.size(); k++) {
        part = part.replaced(right.get(k), List.of(left.get(k)));
      }
    }
    return part;
  }

  private static boolean lacksBatch(Data data) {
    return data.dims().stream().flatMap(List::stream).noneMatch(Axis::isBatch);
  }

  private static Data side(OperatorCall call, List<Data> parts, int axis) throws ImportException {
    Data first = parts.get(0);
    String whole = wholeOf(call, parts, axis);
    List<Axis> joined = first.dims().get(axis);
    if (joined.stream().anyMatch(Axis::isBatch)) {
      throw call.refuseBatch(first, "it joins along the batch");
    }
    List<List<Axis>> rest = new ArrayList<>();
    for (List<Axis> group : first.groups()) {
      List<Axis> left = group.stream().filter(each -> !joined.contains(each)).toList();
      if (!left.isEmpty()) {
        rest.add(left);
      }
    }
    int at = place(first, joined, rest);
    List<String> below = new ArrayList<>();
    int total = 0;
    for (Data part : parts) {
      List<List<Axis>> groups = new ArrayList<>(rest);
      groups.add(at, part.dims().get(axis));
      if (!new HashSet<>(GraphNodes.flat(groups)).equals(new HashSet<>(part.axes()))) {
        throw call.refuse("its inputs lie differently");
      }
      Data arranged = call.nodes().arranged(part, groups);
      below.add(arranged.node());
      total += call.nodes().shape(arranged.node()).fixed(at);
    }
    List<List<Axis>> groups = new ArrayList<>(rest);
    Axis own = call.nodes().axis(total);
    groups.add(at, List.of(own));
    String node =
        whole != null
            ? whole
            : call.nodes().add(call.node().name(), new ShapeOperation.Concat(at), below);
    return new Data(node, groups, first.replace(axis, List.of(own)));
  }

  /** Where the joined axes go among the others: where they are, or behind the steps. */
  private static int place(Data first, List<Axis> joined, List<List<Axis>> rest) {
    for (int i = 0; i < first.groups().size() && !joined.isEmpty(); i++) {
      if (first.groups().get(i).equals(joined)) {
        return (int)
            first.groups().subList(0, i).stream().filter(group -> !group.isEmpty()).count();
      }
    }
    if (!joined.isEmpty()) {
      return rest.size();
    }
    boolean hasSteps = !rest.isEmpty() && rest.get(0).stream().anyMatch(a -> !a.isFixed());
    return hasSteps ? 1 : 0;
  }

  /** The node whose parts these are, in order and all; null where they are none's. */
  private static @Nullable String wholeOf(OperatorCall call, List<Data> parts, int axis) {
    int end = 0;
    String of = null;
    int group = -1;
    for (Data part : parts) {
      Node node = call.nodes().find(part.node());
      if (node == null
          || !(node.operation() instanceof ShapeOperation.Slice slice)
          || slice.removesAxis()
          || slice.from() != end
          || slice.to() == null
          || slice.axis() >= part.groups().size()
          || !part.groups().get(slice.axis()).equals(part.dims().get(axis))
          || (of != null && !(of.equals(node.inputs().get(0)) && group == slice.axis()))) {
        return null;
      }
      of = node.inputs().get(0);
      group = slice.axis();
      end = Objects.requireNonNull(slice.to());
    }
    return of != null && call.nodes().shape(of).dims().get(group).size() == end ? of : null;
  }
}
