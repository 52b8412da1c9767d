package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;
import java.util.ArrayList;
import java.util.List;

/**
 * A model's layers from input to output.
 *
 * @param <S> working memory of the kernel that computes them
 */
public final class LayerStack<S extends Scratch> implements CompiledNetwork<S> {

  private final Signature signature;
  private final List<CompiledLayer<S>> layers = new ArrayList<>();
  private final int[] outputSizes;
  private final int top;

  /**
   * @param compiler makes a layer of its numbers, which are not kept here
   * @throws IllegalStateException if the network is no chain
   */
  public LayerStack(Network network, LayerCompiler<S> compiler) {
    this.signature = network.signature();
    List<Layer> chain = network.chain();
    this.outputSizes = chain.stream().mapToInt(Layer::outputSize).toArray();
    try {
      for (Layer layer : chain) {
        layers.add(layer.accept(compiler));
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      close();
      throw e;
    }
    int last = layers.size() - 1;
    while (!(layers.get(last) instanceof Recurrence)) {
      last--;
    }
    this.top = last;
  }

  @Override
  public Signature signature() {
    return signature;
  }

  public List<CompiledLayer<S>> layers() {
    return layers;
  }

  /** Width of what a layer gives. */
  public int outputSize(int layer) {
    return outputSizes[layer];
  }

  /** Index of the last recurrent layer. */
  public int top() {
    return top;
  }

  @Override
  public long bytes() {
    return layers.stream().mapToLong(CompiledLayer::bytes).sum();
  }

  @Override
  public NetworkOutput unroll(
      NetworkInput input, boolean returnSequences, boolean trace, S scratch) {
    LayerCall call = new LayerCall(signature, input, trace ? traces(input) : null);
    for (int i = 0; i < layers.size(); i++) {
      layers.get(i).apply(call, scratch);
      if (i == top && !returnSequences) {
        call.summarize();
      }
    }
    return call.output();
  }

  private List<CellTrace> traces(NetworkInput input) {
    int steps = input.batch() * input.time();
    return signature.inside().trace().stream().map(cell -> CellTrace.zero(cell, steps)).toList();
  }

  @Override
  public void close() {
    layers.forEach(CompiledLayer::close);
  }
}
