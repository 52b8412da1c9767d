package dev.keepgate.importer.framework.onnx;

import dev.keepgate.model.Layer;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Summary;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node as the end of layers one after the other. What works on each step alone gives the same
 * before and after one step is taken, so that where the last step is taken does not matter.
 *
 * @param layers from the input on
 * @param input that the first reads
 * @param summary what is taken of the steps; null for all of them
 */
record ChainForm(List<Layer> layers, String input, @Nullable Summary summary) {

  /** The chain that ends in a node; null where there is none. */
  static @Nullable ChainForm of(GraphNodes nodes, String end) {
    List<Layer> layers = new ArrayList<>();
    Summary summary = null;
    String name = end;
    while (!nodes.inputs().has(name)) {
      int port = name.indexOf(':');
      Node node = nodes.find(port < 0 ? name : name.substring(0, port));
      if (node == null || node.inputs().size() != 1) {
        return null;
      }
      String below = node.inputs().get(0);
      if (port >= 0) {
        boolean isFinal = isFinal(node, name.substring(port + 1));
        if (!isFinal || summary != null) {
          return null;
        }
        summary = Summary.FINAL_STATE;
      } else if (isLastStep(node)) {
        if (summary != null || !nodes.shape(below).isStreamed()) {
          return null;
        }
        summary = Summary.LAST_STEP;
        name = below;
        continue;
      }
      if (!(node.operation() instanceof Layer layer) || !fits(nodes, layer, below)) {
        return null;
      }
      layers.add(0, layer);
      name = below;
    }
    boolean hasCell = layers.stream().anyMatch(Layer.Recurrent.class::isInstance);
    return hasCell ? new ChainForm(layers, name, summary) : null;
  }

  private static boolean isFinal(Node node, String port) {
    return node.operation() instanceof Layer.Recurrent layer
        && (port.equals(Layer.Recurrent.FINAL) || (!layer.isBidirectional() && port.equals("h")));
  }

  private static boolean isLastStep(Node node) {
    return node.operation() instanceof ShapeOperation.Slice slice
        && slice.axis() == 0
        && slice.from() == -1
        && slice.to() == null;
  }

  /** Steps are streamed wherever layers are recurrent, and have one dimension besides. */
  private static boolean fits(GraphNodes nodes, Layer layer, String below) {
    if (layer.vocabulary().isPresent()) {
      return nodes.inputs().has(below) && nodes.shape(below).isStreamed();
    }
    boolean isRecurrent = layer instanceof Layer.Recurrent;
    int rank = nodes.shape(below).rank();
    boolean isInput = nodes.inputs().has(below);
    return rank <= 2
        && (!(isRecurrent || isInput) || (nodes.shape(below).isStreamed() && rank == 2));
  }
}
