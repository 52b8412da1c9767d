package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.InputRange;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.Operation;
import dev.keepgate.model.Shape;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The network as far as it is made, and how a value's dimensions are brought into an order. */
final class GraphNodes {

  private final GraphInputs inputs;
  private final GraphBuilder builder;
  private final Map<String, Node> nodes = new LinkedHashMap<>();

  /** Where a size that each request has its own of can be told: a node, and an axis of it. */
  private final Map<Dimension, Source> sources = new HashMap<>();

  /** An axis of what a node gives. */
  record Source(String node, int axis) {}

  GraphNodes(GraphInputs inputs) {
    this.inputs = inputs;
    this.builder = new GraphBuilder("onnx", List.copyOf(inputs.signature().values()));
    inputs.signature().keySet().forEach(this::addSources);
  }

  private void addSources(String name) {
    if (builder.shape(name).vocabulary().isPresent()) {
      return;
    }
    List<Dimension> dims = builder.shape(name).dims();
    for (int axis = 0; axis < dims.size(); axis++) {
      if (dims.get(axis).symbol() != null) {
        sources.putIfAbsent(dims.get(axis), new Source(name, axis));
      }
    }
  }

  GraphInputs inputs() {
    return inputs;
  }

  String add(String name, Operation operation, List<String> below) {
    String own = builder.add(name.isEmpty() ? operation.type() : name, operation, below);
    nodes.put(own, new Node(own, operation, below));
    addSources(own);
    return own;
  }

  String add(OperatorCall call, Operation operation, String... below) {
    return add(call.node().name(), operation, List.of(below));
  }

  /** The node of a name; null for an input, or what a node gives besides. */
  @Nullable Node find(String name) {
    return nodes.get(name);
  }

  Map<String, Node> all() {
    return nodes;
  }

  Shape shape(String name) {
    return builder.shape(name);
  }

  @Nullable Source source(Dimension size) {
    return sources.get(size);
  }

  Axis axis(Dimension size) {
    return inputs.axis(size);
  }

  Axis axis(int size) {
    return inputs.axis(Dimension.of(size));
  }

  /** What a node gives, in place of what has gone into it, where one axis is another. */
  Data after(Data before, String node, Axis old, int group) {
    Dimension size = shape(node).dims().get(group);
    if (size.equals(old.size())) {
      return before.at(node);
    }
    return before.at(node).replaced(old, List.of(axis(size)));
  }

  /** Cuts a range of an input out. */
  Data settled(Data data) {
    InputRange range = data.range();
    if (range == null) {
      return data;
    }
    List<List<Axis>> whole = inputs.data(data.node()).groups();
    int group = whole.indexOf(List.of(range.axis()));
    Operation slice = new ShapeOperation.Slice(group, (int) range.from(), (int) range.to(), false);
    return new Data(add("slice", slice, List.of(data.node())), data.groups(), data.dims());
  }

  private static List<List<Axis>> single(List<Axis> axes) {
    return axes.stream().map(List::of).toList();
  }

  static List<Axis> flat(List<List<Axis>> groups) {
    return groups.stream().flatMap(List::stream).toList();
  }

  /**
   * The data as a node gives it whose dimensions are these groups.
   *
   * @param groups of all axes of the data, and of no others
   */
  Data arranged(Data data, List<List<Axis>> groups) {
    Data settled = settled(data);
    if (settled.groups().equals(groups)) {
      return settled;
    }
    List<Axis> have = settled.axes();
    List<Axis> wanted = flat(groups);
    if (have.size() != wanted.size() || !new HashSet<>(have).equals(new HashSet<>(wanted))) {
      throw new InconsistentModelException(
          "dimensions %s do not become %s".formatted(settled.groups(), groups));
    }
    String node = settled.node();
    List<List<Axis>> now = settled.groups();
    if (!have.equals(wanted)) {
      List<List<Axis>> order =
          now.containsAll(groups) && groups.size() == now.size() ? groups : single(wanted);
      node = order == groups ? node : reshaped(node, now, single(have));
      List<List<Axis>> from = order == groups ? now : single(have);
      List<Integer> axes = order.stream().map(from::indexOf).toList();
      node = add("permute", new ShapeOperation.Permute(axes), List.of(node));
      now = order;
    }
    return new Data(reshaped(node, now, groups), groups, settled.dims());
  }

  private String reshaped(String node, List<List<Axis>> from, List<List<Axis>> to) {
    if (sizes(from).equals(sizes(to))) {
      return node;
    }
    return add("reshape", new ShapeOperation.Reshape(sizes(to)), List.of(node));
  }

  /** Of each group its size, -1 where that is open. */
  private static List<Integer> sizes(List<List<Axis>> groups) {
    List<Integer> sizes = new ArrayList<>();
    for (List<Axis> group : groups) {
      long size = 1;
      for (Axis axis : group) {
        size = size < 0 || !axis.isFixed() ? -1 : size * axis.size().size();
      }
      sizes.add(Math.toIntExact(size));
    }
    return sizes;
  }

  /** The data with an axis alone in a dimension of what its node gives. */
  Data alone(Data data, Axis axis) {
    return data.groups().contains(List.of(axis))
        ? settled(data)
        : arranged(data, parted(data.groups(), axis));
  }

  /** The groups, the one that has an axis parted around it. */
  static List<List<Axis>> parted(List<List<Axis>> groups, Axis axis) {
    List<List<Axis>> parted = new ArrayList<>();
    for (List<Axis> group : groups) {
      int at = group.indexOf(axis);
      if (at < 0) {
        parted.add(group);
        continue;
      }
      if (at > 0) {
        parted.add(group.subList(0, at));
      }
      parted.add(List.of(axis));
      if (at + 1 < group.size()) {
        parted.add(group.subList(at + 1, group.size()));
      }
    }
    return parted;
  }

  /** The data with some axes as the last dimension of what its node gives, in this order. */
  Data endingIn(Data data, List<Axis> last) {
    List<List<Axis>> groups = data.groups();
    if (!groups.isEmpty() && groups.get(groups.size() - 1).equals(last)) {
      return settled(data);
    }
    List<List<Axis>> wanted = new ArrayList<>();
    for (List<Axis> group : groups) {
      List<Axis> left = group.stream().filter(axis -> !last.contains(axis)).toList();
      if (!left.isEmpty()) {
        wanted.add(left);
      }
    }
    wanted.add(last);
    return arranged(data, wanted);
  }

  /** The data with some axes as the first dimension. */
  Data beginningWith(Data data, List<Axis> first) {
    List<List<Axis>> groups = data.groups();
    if (groups.size() > 1 && groups.get(0).equals(first)) {
      return settled(data);
    }
    List<List<Axis>> wanted = new ArrayList<>(List.of(first));
    for (List<Axis> group : groups) {
      List<Axis> left = group.stream().filter(axis -> !first.contains(axis)).toList();
      if (!left.isEmpty()) {
        wanted.add(left);
      }
    }
    if (wanted.size() == 1) {
      wanted.add(List.of());
    }
    return arranged(data, wanted);
  }

  /** Groups without some, of which there is at least one. */
  static List<List<Axis>> without(List<List<Axis>> groups, int group) {
    List<List<Axis>> left =
        new ArrayList<>(
            IntStream.range(0, groups.size())
                .filter(i -> i != group)
                .mapToObj(groups::get)
                .toList());
    return left.isEmpty() ? List.of(List.of()) : left;
  }
}
