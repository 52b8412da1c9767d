package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Slot;
import dev.keepgate.model.StateLayout;
import java.util.Arrays;
import java.util.List;

/**
 * A recurrent layer in a graph. Its state is the network's where the layer reads the request's own
 * sequence; else it begins with what other nodes give, or with zeros.
 */
final class RecurrentNode<S extends Scratch> implements GraphNode<S> {

  private final Node node;
  private final Layer.Recurrent layer;
  private final Recurrence<S> recurrence;
  private final boolean keepsState;
  private final StateLayout own;

  RecurrentNode(Node node, Layer.Recurrent layer, CompiledLayer<S> compiled, boolean keepsState) {
    this.node = node;
    this.layer = layer;
    if (!(compiled instanceof Recurrence<S> cells)) {
      throw new IllegalStateException("no recurrence: " + compiled);
    }
    this.recurrence = cells;
    this.keepsState = keepsState;
    this.own = new StateLayout(layer.state());
  }

  @Override
  public void apply(GraphCall call, S scratch) {
    Value x = call.get(node.inputs().get(0));
    int batch = x.batch();
    int time = x.dims()[1];
    RecurrentState before = keepsState ? call.input.state() : given(call, batch);
    RecurrentState after = keepsState ? call.state : RecurrentState.zero(own, batch);
    LayerCall steps =
        new LayerCall(
            new NetworkInput(batch, time, x.data(), null, null, before),
            after,
            x.width(),
            present(x),
            keepsState ? call.traces : null);
    steps.nextCell = keepsState ? call.nextOwner : 0;
    steps.nextTrace = call.nextTrace;
    int first = after.layout().first(steps.nextCell);
    recurrence.apply(steps, scratch);
    if (keepsState) {
      call.nextOwner = steps.nextCell;
      call.nextTrace = steps.nextTrace;
    }
    call.put(
        node.name(), new Value(steps.values, new int[] {batch, time, steps.width}, x.present()));
    call.put(port(Layer.Recurrent.FINAL), Value.of(steps.finalH, batch, steps.width));
    List<Slot> slots = layer.slots();
    for (int i = 0; i < slots.size(); i++) {
      float[] last = after.values()[first + i];
      call.put(port(slots.get(i).name()), Value.of(last, batch, slots.get(i).width()));
    }
  }

  private String port(String name) {
    return node.name() + ":" + name;
  }

  private RecurrentState given(GraphCall call, int batch) {
    if (node.inputs().size() == 1) {
      return RecurrentState.zero(own, batch);
    }
    float[][] values = new float[own.size()][];
    for (int i = 0; i < values.length; i++) {
      values[i] = call.get(node.inputs().get(i + 1)).data();
    }
    return new RecurrentState(own, values);
  }

  private static boolean[][] present(Value x) {
    if (x.present() != null) {
      return x.present();
    }
    boolean[][] present = new boolean[x.batch()][x.dims()[1]];
    for (boolean[] row : present) {
      Arrays.fill(row, true);
    }
    return present;
  }

  @Override
  public long bytes() {
    return recurrence.bytes();
  }

  @Override
  public void close() {
    recurrence.close();
  }
}
