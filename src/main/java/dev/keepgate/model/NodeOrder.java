package dev.keepgate.model;

import dev.keepgate.model.Network.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
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
   * @throws InconsistentModelException if the nodes make no graph without circles, a node or input
   *     leads to no output, or widths differ
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
    if (node.inputs().size() != 1) {
      throw new InconsistentModelException(
          "node %s takes %s, but a layer of type %s takes one input"
              .formatted(node.name(), node.inputs(), node.layer().type()));
    }
    String below = node.inputs().get(0);
    Signature.Input input = inputs.get(below);
    Node other = nodes.get(below);
    if (other != null) {
      requireAgree(node, below, other.layer().outputSize(), OptionalInt.empty());
    } else if (input != null) {
      requireAgree(node, below, input.size(), input.vocabulary());
    } else {
      throw new InconsistentModelException(
          "node %s takes %s, which is no input and no node; there are the inputs %s and the nodes %s"
              .formatted(node.name(), below, inputs.keySet(), nodes.keySet()));
    }
  }

  private static void requireAgree(Node node, String below, int size, OptionalInt vocabulary) {
    if (!vocabulary.equals(node.layer().vocabulary())) {
      throw new InconsistentModelException(
          "node %s and what it takes, %s, do not agree on the integers of a vocabulary"
              .formatted(node.name(), below));
    }
    if (node.layer().inputSize() != size) {
      throw new InconsistentModelException(
          "node %s takes %d features, %s gives %d"
              .formatted(node.name(), node.layer().inputSize(), below, size));
    }
  }

  private void sort() {
    List<Node> left = new ArrayList<>(nodes.values());
    while (!left.isEmpty()) {
      int before = left.size();
      for (Node node : List.copyOf(left)) {
        if (node.inputs().stream().allMatch(this::isReached)) {
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
        if (!isReached(input)) {
          return input;
        }
      }
    }
    throw new IllegalStateException("node " + name + " is in no circle");
  }

  private void requireUse(Map<String, String> outputs) {
    Set<String> used = new LinkedHashSet<>();
    outputs.forEach(
        (name, of) -> {
          if (!nodes.containsKey(of)) {
            throw new InconsistentModelException(
                "output %s is of %s, which is no node; there are %s"
                    .formatted(name, of, nodes.keySet()));
          }
          used.add(of);
        });
    if (outputs.isEmpty()) {
      throw new InconsistentModelException("a network needs an output");
    }
    for (int i = ordered.size() - 1; i >= 0; i--) {
      if (!used.contains(ordered.get(i).name())) {
        throw new InconsistentModelException(
            "node %s leads to no output".formatted(ordered.get(i).name()));
      }
      used.addAll(ordered.get(i).inputs());
    }
    for (String input : inputs.keySet()) {
      if (!used.contains(input)) {
        throw new InconsistentModelException("input %s leads to no output".formatted(input));
      }
    }
  }
}
