package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model's nodes, computed one after the other, each over the whole batch.
 *
 * @param <S> working memory of the kernel that computes them
 */
public final class LayerGraph<S extends Scratch> implements CompiledNetwork<S> {

  private final Signature signature;
  private final List<String> outputs;
  private final List<GraphNode<S>> nodes = new ArrayList<>();

  /**
   * @param compiler makes a layer of its numbers, which are not kept here
   */
  public LayerGraph(Network network, LayerCompiler<S> compiler) {
    this.signature = network.signature();
    this.outputs = signature.outputs().stream().map(output -> network.node(output.name())).toList();
    try {
      for (Node node : network.nodes()) {
        nodes.add(compile(node, network.keepsState(node), compiler));
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      close();
      throw e;
    }
  }

  private static <S extends Scratch> GraphNode<S> compile(
      Node node, boolean keepsState, LayerCompiler<S> compiler) {
    if (node.operation() instanceof Layer.Recurrent layer) {
      return new RecurrentNode<>(node, layer, layer.accept(compiler), keepsState);
    }
    if (node.operation() instanceof Layer layer) {
      return new LayerNode<>(node, layer, layer.accept(compiler));
    }
    if (node.operation() instanceof TensorOperation.Conv1d convolution) {
      return new ConvolutionNode<>(node, convolution, keepsState, compiler);
    }
    return new GraphNode.Function<>(node, (TensorOperation) node.operation());
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public long bytes() {
    return nodes.stream().mapToLong(GraphNode::bytes).sum();
  }

  /**
   * Takes a batch through the graph, sequences of one length together: what a node makes of a
   * sequence may depend on where it ends.
   *
   * @param returnSequences whether an output along the request's steps has all of them, or the last
   */
  @Override
  public NetworkOutput unroll(
      NetworkInput input, boolean returnSequences, boolean trace, S scratch) {
    List<CellTrace> traces = trace ? GraphRows.traces(signature, input) : null;
    if (GraphRows.areOfOneLength(input)) {
      return compute(input, returnSequences, traces, scratch);
    }
    GraphRows rows = new GraphRows(signature, input, returnSequences, traces);
    for (int length : rows.lengths()) {
      NetworkInput part = rows.part(length);
      List<CellTrace> own = trace ? GraphRows.traces(signature, part) : null;
      rows.add(length, compute(part, returnSequences, own, scratch));
    }
    return rows.output();
  }

  private NetworkOutput compute(
      NetworkInput input, boolean returnSequences, @Nullable List<CellTrace> traces, S scratch) {
    RecurrentState state = RecurrentState.zero(signature.state(), input.batch());
    GraphCall call = new GraphCall(input, state, traces);
    GraphRows.inputs(signature, input).forEach(call::put);
    nodes.forEach(node -> node.apply(call, scratch));
    List<Tensor.Floats> all = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      Value value = call.get(outputs.get(i));
      boolean isLast = !returnSequences && signature.outputs().get(i).isSequence();
      Value kept = isLast ? GraphRows.last(value) : value;
      all.add(new Tensor.Floats(kept.dims(), kept.data()));
    }
    return new NetworkOutput(all.get(0).values(), state, traces, all);
  }

  @Override
  public void close() {
    nodes.forEach(GraphNode::close);
  }
}
