package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.StateLayout;
import java.util.Arrays;
import java.util.List;

/** A layer that works on each step alone, or on each vector along the last axis. */
final class LayerNode<S extends Scratch> implements GraphNode<S> {

  private static final StateLayout NO_STATE = new StateLayout(List.of());

  private final Node node;
  private final Layer layer;
  private final CompiledLayer<S> compiled;

  LayerNode(Node node, Layer layer, CompiledLayer<S> compiled) {
    this.node = node;
    this.layer = layer;
    this.compiled = compiled;
  }

  @Override
  public void apply(GraphCall call, S scratch) {
    Value x = call.get(node.inputs().get(0));
    boolean takesIds = layer.vocabulary().isPresent();
    int batch = x.batch();
    int vectors = x.data().length / layer.inputSize();
    int steps = batch == 0 ? 0 : vectors / batch;
    boolean[][] present = new boolean[batch][steps];
    for (int row = 0; row < batch; row++) {
      Arrays.fill(present[row], true);
      if (x.present() != null) {
        System.arraycopy(x.present()[row], 0, present[row], 0, steps);
      }
    }
    RecurrentState none = RecurrentState.zero(NO_STATE, batch);
    NetworkInput input =
        new NetworkInput(
            batch, steps, takesIds ? new float[0] : x.data(), takesIds ? ids(x) : null, null, none);
    LayerCall each = new LayerCall(input, none, layer.inputSize(), present, null);
    compiled.apply(each, scratch);
    int[] dims = takesIds ? Arrays.copyOf(x.dims(), x.rank() + 1) : x.dims().clone();
    dims[dims.length - 1] = layer.outputSize();
    boolean isMasked = x.present() != null || layer.masksSteps();
    float[] values = layer instanceof Layer.Masking ? shown(each) : each.values;
    call.put(node.name(), new Value(values, dims, isMasked ? each.present : null));
  }

  /** What Keras' Masking gives: zeros at the steps that do not count. */
  private static float[] shown(LayerCall call) {
    float[] shown = call.values.clone();
    for (int row = 0; row < call.present.length; row++) {
      for (int t = 0; t < call.time; t++) {
        if (!call.present[row][t]) {
          int from = (row * call.time + t) * call.width;
          Arrays.fill(shown, from, from + call.width, 0);
        }
      }
    }
    return shown;
  }

  private static int[] ids(Value x) {
    int[] ids = new int[x.data().length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) x.data()[i];
    }
    return ids;
  }

  @Override
  public long bytes() {
    return compiled.bytes();
  }

  @Override
  public void close() {
    compiled.close();
  }
}
