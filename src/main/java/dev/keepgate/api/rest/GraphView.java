package dev.keepgate.api.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.keepgate.model.Activation;
import dev.keepgate.model.NetworkDescription;
import dev.keepgate.model.Signature;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network as clients see it: what takes what.
 *
 * @param inputs names of the network's inputs
 * @param nodes each after those that it takes
 * @param truncated how many further nodes there are; null where these are all
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record GraphView(
    List<String> inputs,
    List<NodeView> nodes,
    List<OutputView> outputs,
    @Nullable Integer truncated) {

  /**
   * A node.
   *
   * @param gives what other nodes, or outputs, take of it
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record NodeView(
      String name,
      String type,
      @Nullable String activation,
      @JsonProperty("array_operation") @Nullable Boolean arrayOperation,
      List<String> inputs,
      List<ValueView> gives,
      long parameters) {}

  /**
   * What a node gives.
   *
   * @param shape sizes, and names of those that a request decides: {@code batch}, {@code time}, ...
   */
  record ValueView(String name, List<Object> shape) {}

  /**
   * An output of the network.
   *
   * @param of the name of what it is
   */
  record OutputView(String name, String of) {}

  /**
   * @param maxNodes how many nodes are shown at most
   */
  static GraphView of(Signature signature, NetworkDescription network, int maxNodes) {
    int count = network.nodes().size();
    return new GraphView(
        signature.inputs().stream().map(Signature.Input::name).toList(),
        network.nodes().stream().limit(maxNodes).map(GraphView::node).toList(),
        network.outputs().entrySet().stream()
            .map(output -> new OutputView(output.getKey(), output.getValue()))
            .toList(),
        count > maxNodes ? count - maxNodes : null);
  }

  private static NodeView node(NetworkDescription.Node node) {
    Activation activation = node.layer().activation();
    return new NodeView(
        node.name(),
        node.layer().type(),
        activation == null ? null : ModelView.name(activation),
        node.isArrayOperation() ? true : null,
        node.inputs(),
        node.gives().stream().map(GraphView::value).toList(),
        node.parameters());
  }

  private static ValueView value(NetworkDescription.Value value) {
    List<Signature.Dimension> dims = new ArrayList<>(List.of(Signature.Dimension.BATCH));
    dims.addAll(value.shape().dims());
    return new ValueView(value.name(), ModelView.TensorView.sizes(dims));
  }
}
