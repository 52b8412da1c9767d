package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmModel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.StateLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A model's layers from input to output.
 *
 * @param <S> working memory of the kernel that computes them
 */
public final class LayerStack<S extends Scratch> implements AutoCloseable {

  private final LstmConfig config;
  private final List<CompiledLayer<S>> layers = new ArrayList<>();
  private final StateLayout layout;
  private final List<CellConfig> cells;
  private final int top;

  /**
   * @param layOut makes a layer of its numbers
   */
  public LayerStack(LstmModel model, Function<LayerWeights, CompiledLayer<S>> layOut) {
    this.config = model.config();
    this.layout = config.state();
    this.cells = config.cells();
    try {
      for (LayerWeights layer : model.weights().layers()) {
        layers.add(layOut.apply(layer));
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

  public LstmConfig config() {
    return config;
  }

  public List<CompiledLayer<S>> layers() {
    return layers;
  }

  /** The slots of the state. */
  public StateLayout layout() {
    return layout;
  }

  /** Index of the last LSTM layer. */
  public int top() {
    return top;
  }

  /** Bytes of the weights, on and off the heap. */
  public long bytes() {
    return layers.stream().mapToLong(CompiledLayer::bytes).sum();
  }

  public NetworkOutput unroll(
      NetworkInput input, boolean returnSequences, boolean trace, S scratch) {
    LayerCall call = new LayerCall(config, layout, input, trace ? traces(input) : null);
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
    return cells.stream().map(cell -> CellTrace.zero(cell.trace(), steps)).toList();
  }

  @Override
  public void close() {
    layers.forEach(CompiledLayer::close);
  }
}
