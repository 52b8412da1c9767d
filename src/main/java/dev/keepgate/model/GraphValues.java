package dev.keepgate.model;

import dev.keepgate.model.Network.Node;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What each node of a network gives: its shapes, and whether they can come a step at a time. */
final class GraphValues {

  /** By the name under which other nodes take it. */
  private final Map<String, Shape> shapes = new LinkedHashMap<>();

  /** Those of which a step needs no later step. */
  private final Set<String> causal = new HashSet<>();

  /** Those that sum up the steps so far, and so have none. */
  private final Set<String> summaries = new HashSet<>();

  /** Of each node that keeps a state. */
  private final List<Node> stateful = new ArrayList<>();

  /**
   * @param nodes each after those that it takes
   * @throws InconsistentModelException if a node's inputs do not fit it, and names the node
   */
  GraphValues(List<Signature.Input> inputs, List<Node> nodes) {
    for (Signature.Input input : inputs) {
      List<Signature.Dimension> dims = input.shape().subList(1, input.shape().size());
      shapes.put(input.name(), new Shape(dims, null, input.vocabulary()));
      causal.add(input.name());
    }
    nodes.forEach(this::add);
  }

  /** Whether something goes by a name. */
  boolean has(String name) {
    return shapes.containsKey(name);
  }

  void add(Node node) {
    List<Shape> inputs = inputs(node);
    Map<String, Shape> outputs;
    try {
      requireNumbers(node, inputs);
      outputs = node.operation().outputs(inputs);
    } catch (InconsistentModelException e) {
      throw new InconsistentModelException("node " + node.name() + ": " + e.getMessage());
    }
    boolean isStreamed = inputs.stream().anyMatch(Shape::isStreamed);
    boolean hasSummary = node.inputs().stream().anyMatch(summaries::contains);
    boolean isCausal =
        causal.containsAll(node.inputs())
            && node.operation().isCausal(inputs)
            && !(isStreamed && hasSummary);
    outputs.forEach(
        (port, shape) -> {
          String name = node.output(port);
          boolean isOwnMask = Shape.OWN_MASK.equals(shape.mask());
          shapes.put(name, isOwnMask ? shape.withMask(node.name()) : shape);
          if (isCausal) {
            causal.add(name);
          }
          if (!shape.isStreamed() && (isStreamed || hasSummary)) {
            summaries.add(name);
          }
        });
    if (node.operation().keepsState(inputs)) {
      stateful.add(node);
    }
  }

  private static void requireNumbers(Node node, List<Shape> inputs) {
    boolean takesIds = node.operation() instanceof Layer layer && layer.vocabulary().isPresent();
    for (Shape input : inputs) {
      boolean isIds = input.vocabulary().isPresent();
      boolean fits =
          node.operation() instanceof Layer layer
              ? layer.vocabulary().equals(input.vocabulary())
              : !isIds;
      if (!fits) {
        throw new InconsistentModelException(
            takesIds
                ? "takes integers of another vocabulary than it is given"
                : "takes numbers, not the integers of a vocabulary");
      }
    }
  }

  /** The shapes of what a node takes. */
  List<Shape> inputs(Node node) {
    return node.inputs().stream().map(this::shape).toList();
  }

  /**
   * @throws InconsistentModelException if no node gives anything of this name
   */
  Shape shape(String name) {
    Shape shape = shapes.get(name);
    if (shape == null) {
      throw new InconsistentModelException(
          "'%s' is given by no node; there are %s".formatted(name, shapes.keySet()));
    }
    return shape;
  }

  boolean isCausal(String name) {
    return causal.contains(name);
  }

  /** What needs all steps of a request at once; null where nothing does. */
  @Nullable String whole(List<Signature.Input> inputs, List<Node> nodes) {
    if (inputs.stream().noneMatch(Signature.Input::steps)) {
      return "its input '%s' is not a sequence of open length".formatted(inputs.get(0).name());
    }
    for (Signature.Input input : inputs) {
      if (input.hasOwnSteps()) {
        return "its input '%s' is a sequence of its own length".formatted(input.name());
      }
    }
    for (Node node : nodes) {
      if (!causal.contains(node.name())) {
        return "its layer '%s' (%s) needs all steps of the sequence"
            .formatted(node.name(), node.operation().type());
      }
    }
    return null;
  }

  /** The nodes whose state is the network's, in their order. */
  List<Node> stateful() {
    return stateful;
  }
}
