package dev.keepgate.model;

import dev.keepgate.model.Network.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Puts a network together node by node, and tells the shape of each as soon as it is there. */
public final class GraphBuilder {

  private final String framework;
  private final List<Signature.Input> inputs;
  private final List<Node> nodes = new ArrayList<>();
  private final GraphValues values;

  /**
   * @param framework whose semantics it follows
   */
  public GraphBuilder(String framework, List<Signature.Input> inputs) {
    this.framework = framework;
    this.inputs = List.copyOf(inputs);
    this.values = new GraphValues(inputs, nodes);
  }

  /**
   * Adds a node.
   *
   * @param name what it shall be called; a number is put behind it where it is taken
   * @param below the inputs or nodes that it takes, as {@link Node} has them
   * @return what it is called
   * @throws InconsistentModelException if it does not fit what it takes
   */
  public String add(String name, Operation operation, List<String> below) {
    String plain = name.replace(':', '_');
    String own = plain;
    for (int i = 1; values.has(own); i++) {
      own = plain + "_" + i;
    }
    Node node = new Node(own, operation, below);
    values.add(node);
    nodes.add(node);
    return own;
  }

  /** The shape of what goes by a name, such as {@code lstm} or {@code lstm:final}. */
  public Shape shape(String name) {
    return values.shape(name);
  }

  /**
   * The network; what leads to no output is left out.
   *
   * @param outputs of each output, in the order in which they are described, the node it is of
   * @throws InconsistentModelException if an input leads to no output, or no cell is left
   */
  public Network build(Map<String, String> outputs, Signature.Unroll unroll) {
    return Network.graph(framework, inputs, NodeOrder.used(nodes, outputs), outputs, unroll);
  }
}
