package dev.keepgate.model;

import dev.keepgate.model.Network.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts the nodes of a graph into an order in which each comes after those that it takes. */
final class NodeOrder {

  private final Map<String, Signature.Input> inputs = new LinkedHashMap<>();
  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final Set<String> done = new LinkedHashSet<>();
  private final List<Node> ordered = new ArrayList<>();

  private NodeOrder(List<Signature.Input> inputs, List<Node> nodes) {
    for (Signature.Input input : inputs) {
      if (this.inputs.put(input.name(), input) != null) {
        throw twice(input.name());
      }
    }
    for (Node node : nodes) {
      if (this.inputs.containsKey(node.name()) || this.nodes.put(node.name(), node) != null) {
        throw twice(node.name());
      }
    }
  }

  private static InconsistentModelException twice(String name) {
    return new InconsistentModelException("two nodes or inputs of the network are called " + name);
  }

  /**
   * The nodes in a topological order; nodes that were given in one keep it.
   *
   * @param outputs of each output, the node it is of
   * @throws InconsistentModelException if the nodes make no graph without circles, or a node or
   *     input leads to no output
   */
  static List<Node> of(
      List<Signature.Input> inputs, List<Node> nodes, Map<String, String> outputs) {
    NodeOrder order = new NodeOrder(inputs, nodes);
    for (Node node : nodes) {
      order.requireInputs(node);
    }
    order.sort();
    order.requireUse(outputs);
    return order.ordered;
  }

  private void requireInputs(Node node) {
    if (node.inputs().isEmpty() || node.name().indexOf(':') >= 0) {
      throw new InconsistentModelException(
          "node %s takes %s; it needs an input, and a name without ':'"
              .formatted(node.name(), node.inputs()));
    }
    for (String input : node.inputs()) {
      String below = nodeOf(input);
      if (!inputs.containsKey(below) && !nodes.containsKey(below)) {
        throw new InconsistentModelException(
            "node %s takes %s, which is no input and no node; there are the inputs %s and the nodes %s"
                .formatted(node.name(), input, inputs.keySet(), nodes.keySet()));
      }
    }
  }

  /** The node that gives what goes by a name. */
  private static String nodeOf(String name) {
    int port = name.indexOf(':');
    return port < 0 ? name : name.substring(0, port);
  }

  private void sort() {
    List<Node> left = new ArrayList<>(nodes.values());
    while (!left.isEmpty()) {
      int before = left.size();
      for (Node node : List.copyOf(left)) {
        if (node.inputs().stream().map(NodeOrder::nodeOf).allMatch(this::isReached)) {
          done.add(node.name());
          ordered.add(node);
          left.remove(node);
        }
      }
      if (left.size() == before) {
        throw new InconsistentModelException(
            "the nodes %s feed each other in a circle".formatted(circle(left.get(0))));
      }
    }
  }

  /** Whether it is an input, or a node that is in order. */
  private boolean isReached(String name) {
    return inputs.containsKey(name) || done.contains(name);
  }

  /** From a node that cannot be reached, down until a node comes up again. */
  private List<String> circle(Node from) {
    List<String> path = new ArrayList<>();
    String at = from.name();
    while (!path.contains(at)) {
      path.add(at);
      at = blocked(at);
    }
    return path.subList(path.indexOf(at), path.size());
  }

  private String blocked(String name) {
    Node node = nodes.get(name);
    if (node != null) {
      for (String input : node.inputs()) {
        if (!isReached(nodeOf(input))) {
          return nodeOf(input);
        }
      }
    }
    throw new IllegalStateException("node " + name + " is in no circle");
  }

  /** Those of the nodes, each after those that it takes, that lead to an output. */
  static List<Node> used(List<Node> nodes, Map<String, String> outputs) {
    Set<String> used = new LinkedHashSet<>();
    outputs.values().forEach(of -> used.add(nodeOf(of)));
    List<Node> kept = new ArrayList<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (used.contains(nodes.get(i).name())) {
        kept.add(0, nodes.get(i));
        nodes.get(i).inputs().forEach(input -> used.add(nodeOf(input)));
      }
    }
    return kept;
  }

  private void requireUse(Map<String, String> outputs) {
    Set<String> used = new LinkedHashSet<>();
    outputs.forEach(
        (name, of) -> {
          if (!nodes.containsKey(nodeOf(of))) {
            throw new InconsistentModelException(
                "output %s is of %s, which is no node; there are %s"
                    .formatted(name, of, nodes.keySet()));
          }
          used.add(nodeOf(of));
        });
    if (outputs.isEmpty()) {
      throw new InconsistentModelException("a network needs an output");
    }
    for (int i = ordered.size() - 1; i >= 0; i--) {
      if (!used.contains(ordered.get(i).name())) {
        throw new InconsistentModelException(
            "node %s leads to no output".formatted(ordered.get(i).name()));
      }
      ordered.get(i).inputs().forEach(input -> used.add(nodeOf(input)));
    }
    for (String input : inputs.keySet()) {
      if (!used.contains(input)) {
        throw new InconsistentModelException("input %s leads to no output".formatted(input));
      }
    }
  }
}
