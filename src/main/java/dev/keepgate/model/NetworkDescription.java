package dev.keepgate.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What there is to see of a network without its weights.
 *
 * @param nodes each after those that it takes
 * @param outputs of each output, in the order in which they are described, the name of what it is
 */
public record NetworkDescription(List<Node> nodes, Map<String, String> outputs) {

  public NetworkDescription {
    nodes = List.copyOf(nodes);
    outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
  }

  /**
   * A node.
   *
   * @param name unique among the nodes and inputs of its network
   * @param inputs names of what it takes: inputs of the network, or what other nodes give
   * @param gives what other nodes, or outputs, take of it; at least one
   * @param isArrayOperation whether it is one of the small functions of arrays of which a file may
   *     have many for one layer
   * @param parameters how many numbers its weights have
   */
  public record Node(
      String name,
      List<String> inputs,
      List<Value> gives,
      boolean isArrayOperation,
      long parameters,
      LayerDescription layer) {

    public Node {
      inputs = List.copyOf(inputs);
      gives = List.copyOf(gives);
    }
  }

  /**
   * What a node gives.
   *
   * @param name the node's, or {@code node:port} of what it gives besides
   */
  public record Value(String name, Shape shape) {}

  static NetworkDescription of(
      List<Network.Node> nodes, Map<String, String> outputs, GraphValues values) {
    Set<String> taken = new HashSet<>(outputs.values());
    nodes.forEach(node -> taken.addAll(node.inputs()));
    List<Node> described = new ArrayList<>();
    for (Network.Node node : nodes) {
      List<Shape> inputs = values.inputs(node);
      Operation operation = node.operation();
      described.add(
          new Node(
              node.name(),
              node.inputs(),
              operation.outputs(inputs).keySet().stream()
                  .map(node::output)
                  .filter(taken::contains)
                  .map(name -> new Value(name, values.shape(name)))
                  .toList(),
              isArrayOperation(operation),
              operation.parameters(),
              operation.describe(inputs)));
    }
    return new NetworkDescription(described, outputs);
  }

  private static boolean isArrayOperation(Operation operation) {
    return operation instanceof ArrayOperation
        || (operation instanceof ShapeOperation && !(operation instanceof ShapeOperation.Concat))
        || operation instanceof TensorOperation.Combine
        || operation instanceof TensorOperation.Reduce
        || operation instanceof TensorOperation.Dot
        || operation instanceof TensorOperation.Softmax
        || operation instanceof Layer.Scale
        || operation instanceof Layer.Activate;
  }

  /** Of each node, its layer. */
  public List<LayerDescription> layers() {
    return nodes.stream().map(Node::layer).toList();
  }
}
