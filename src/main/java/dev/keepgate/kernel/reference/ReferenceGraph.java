package dev.keepgate.kernel.reference;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Slot;
import dev.keepgate.model.StateLayout;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes each sequence of a batch through all nodes of a graph alone. */
final class ReferenceGraph implements CompiledModel {

  private final Network network;

  ReferenceGraph(Network network) {
    this.network = network;
  }

  @Override
  public Signature signature() {
    return network.signature();
  }

  @Override
  public long bytes() {
    return Float.BYTES * network.parameters();
  }

  @Override
  public NetworkOutput unroll(
      NetworkInput input, boolean returnSequences, boolean trace, Scratch scratch) {
    RecurrentState state = RecurrentState.zero(signature().state(), input.batch());
    int steps = input.batch() * input.time();
    List<CellTrace> traces =
        trace
            ? signature().inside().trace().stream().map(s -> CellTrace.zero(s, steps)).toList()
            : null;
    List<List<ReferenceTensor>> rows = new ArrayList<>();
    for (int row = 0; row < input.batch(); row++) {
      rows.add(new Row(input, row, state, traces).outputs(returnSequences));
    }
    List<Tensor.Floats> all = new ArrayList<>();
    for (int i = 0; i < signature().outputs().size(); i++) {
      int output = i;
      all.add(
          ReferenceTensor.joined(
              rows.stream().map(each -> each.isEmpty() ? null : each.get(output)).toList(),
              least(signature().outputs().get(i), returnSequences, input.time())));
    }
    return new NetworkOutput(all.get(0).values(), state, traces, all);
  }

  /** What each row's place has at least: its fixed sizes, and the request's steps. */
  private static int[] least(Signature.Output output, boolean returnSequences, int time) {
    return output.shape().stream()
        .skip(output.isSequence() && !returnSequences ? 2 : 1)
        .mapToInt(dim -> dim.equals(Signature.Dimension.TIME) ? time : dim.size())
        .toArray();
  }

  /** One sequence at all nodes. */
  private final class Row {

    private final NetworkInput input;
    private final int row;
    private final int length;
    private final RecurrentState state;
    private final @Nullable List<CellTrace> traces;
    private final Map<String, ReferenceTensor> values = new HashMap<>();
    private int nextOwner;
    private int nextTrace;

    Row(NetworkInput input, int row, RecurrentState state, @Nullable List<CellTrace> traces) {
      this.input = input;
      this.row = row;
      this.length = input.lengths() == null ? input.time() : input.lengths()[row];
      this.state = state;
      this.traces = traces;
    }

    /** None of a sequence without a step, whose state stays as it was. */
    List<ReferenceTensor> outputs(boolean returnSequences) {
      if (length == 0) {
        input.state().copyRow(row, state, row);
        return List.of();
      }
      takeInputs();
      network.nodes().forEach(this::compute);
      List<ReferenceTensor> outputs = new ArrayList<>();
      for (Signature.Output output : signature().outputs()) {
        ReferenceTensor value = value(network.node(output.name()));
        outputs.add(output.isSequence() && !returnSequences ? value.last() : value);
      }
      return outputs;
    }

    private ReferenceTensor value(String name) {
      ReferenceTensor value = values.get(name);
      if (value == null) {
        throw new IllegalStateException("no node has given " + name);
      }
      return value;
    }

    private void takeInputs() {
      for (int i = 0; i < signature().inputs().size(); i++) {
        Signature.Input described = signature().inputs().get(i);
        Tensor batch = i == 0 ? first(described) : input.others().get(i - 1);
        ReferenceTensor own = ReferenceTensor.row(batch, row);
        values.put(described.name(), described.steps() ? own.first(length) : own);
      }
    }

    private Tensor first(Signature.Input described) {
      int[] shape = described.sizes(input.batch(), input.time());
      return input.ids() != null
          ? new Tensor.Ints(shape, input.ids())
          : new Tensor.Floats(shape, input.x());
    }

    private void compute(Node node) {
      List<ReferenceTensor> inputs = node.inputs().stream().map(this::value).toList();
      if (node.operation() instanceof Layer.Recurrent layer) {
        recur(node, layer, inputs);
      } else if (node.operation() instanceof Layer layer) {
        values.put(node.name(), eachStep(layer, inputs.get(0)));
      } else if (node.operation() instanceof TensorOperation.Conv1d conv
          && network.keepsState(node)) {
        values.put(node.name(), convolve(conv, inputs.get(0)));
      } else {
        TensorOperation operation = (TensorOperation) node.operation();
        values.put(node.name(), operation.accept(new ReferenceOperations(inputs)));
      }
    }

    /** The state's steps come before the sequence; the last ones of both stay. */
    private ReferenceTensor convolve(TensorOperation.Conv1d conv, ReferenceTensor x) {
      int slot = state.layout().first(nextOwner++);
      int kept = conv.window().reach() - 1;
      int width = conv.inputSize();
      ReferenceTensor before =
          ReferenceTensor.row(
              new Tensor.Floats(
                  new int[] {input.batch(), kept, width}, input.state().values()[slot]),
              row);
      ReferenceTensor both = before.followedBy(x);
      int all = both.dims()[0];
      for (int i = 0; i < kept * width; i++) {
        state.values()[slot][row * kept * width + i] =
            (float) both.data()[(all - kept) * width + i];
      }
      return ReferenceOperations.convolve(conv, both, 0, x.dims()[0]);
    }

    private ReferenceTensor eachStep(Layer layer, ReferenceTensor x) {
      boolean takesIds = layer.vocabulary().isPresent();
      int width = takesIds ? 1 : layer.inputSize();
      double[][] steps = x.vectors(width);
      int[] ids = takesIds ? Arrays.stream(x.data()).mapToInt(id -> (int) id).toArray() : null;
      RecurrentState none = RecurrentState.zero(new StateLayout(List.of()), 1);
      NetworkInput own = new NetworkInput(1, steps.length, new float[0], ids, null, none);
      ReferenceModel.Row at =
          new ReferenceModel.Row(own, none, null, steps, x.presentOf(steps.length));
      double[][] outputs = layer.accept(at);
      if (layer instanceof Layer.Masking) {
        outputs = outputs.clone();
        for (int t = 0; t < outputs.length; t++) {
          outputs[t] = at.present()[t] ? outputs[t] : new double[layer.outputSize()];
        }
      }
      int[] dims = takesIds ? Arrays.copyOf(x.dims(), x.dims().length + 1) : x.dims().clone();
      dims[dims.length - 1] = layer.outputSize();
      boolean isMasked = x.present() != null || layer.masksSteps();
      return ReferenceTensor.of(outputs, dims).masked(isMasked ? at.present() : null);
    }

    private void recur(Node node, Layer.Recurrent layer, List<ReferenceTensor> inputs) {
      boolean keepsState = network.keepsState(node);
      ReferenceTensor x = inputs.get(0);
      double[][] steps = x.vectors(layer.inputSize());
      StateLayout layout = new StateLayout(layer.state());
      RecurrentState before = RecurrentState.zero(layout, 1);
      RecurrentState after = RecurrentState.zero(layout, 1);
      int first = keepsState ? state.layout().first(nextOwner) : 0;
      for (int i = 0; i < layout.size(); i++) {
        int width = layout.width(i);
        if (keepsState) {
          System.arraycopy(
              input.state().values()[first + i], row * width, before.values()[i], 0, width);
        } else if (inputs.size() > 1) {
          inputs.get(i + 1).copyTo(before.values()[i]);
        }
      }
      List<CellTrace> own =
          keepsState && traces != null
              ? layer.cells().stream()
                  .map(cell -> CellTrace.zero(cell.trace(), steps.length))
                  .toList()
              : null;
      NetworkInput given = new NetworkInput(1, steps.length, new float[0], null, null, before);
      ReferenceModel.Row at =
          new ReferenceModel.Row(given, after, own, steps, x.presentOf(steps.length));
      double[][] outputs = layer.accept(at);
      values.put(
          node.name(),
          ReferenceTensor.of(outputs, steps.length, layer.outputSize()).masked(x.present()));
      values.put(
          node.name() + ":" + Layer.Recurrent.FINAL,
          new ReferenceTensor(at.finalH(), new int[] {layer.outputSize()}, null));
      List<Slot> slots = layer.slots();
      for (int i = 0; i < slots.size(); i++) {
        values.put(node.name() + ":" + slots.get(i).name(), ReferenceTensor.of(after.values()[i]));
      }
      if (keepsState) {
        keep(layer, after, first, own);
      }
    }

    private void keep(
        Layer.Recurrent layer, RecurrentState after, int first, @Nullable List<CellTrace> own) {
      nextOwner += layer.cells().size();
      for (int i = 0; i < after.layout().size(); i++) {
        int width = after.layout().width(i);
        System.arraycopy(after.values()[i], 0, state.values()[first + i], row * width, width);
      }
      for (int cell = 0; own != null && traces != null && cell < own.size(); cell++) {
        CellTrace to = traces.get(nextTrace++);
        for (int i = 0; i < to.values().length; i++) {
          float[] from = own.get(cell).values()[i];
          int at = row * input.time() * to.slots().get(i).width();
          System.arraycopy(from, 0, to.values()[i], at, from.length);
        }
      }
    }
  }

  @Override
  public void close() {}
}
