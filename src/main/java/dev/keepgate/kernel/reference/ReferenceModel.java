package dev.keepgate.kernel.reference;

import static dev.keepgate.kernel.reference.ReferenceFunctions.addProduct;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Summary;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Takes each sequence of a batch through all layers alone, so that no row can touch another. */
final class ReferenceModel implements CompiledModel {

  private static final ReferenceCells CELLS = new ReferenceCells();

  private final Network network;
  private final List<Layer> layers;

  /** Index of the last recurrent layer. */
  private final int top;

  ReferenceModel(Network network) {
    this.network = network;
    this.layers = network.chain();
    int last = layers.size() - 1;
    while (layers.get(last).cells().isEmpty()) {
      last--;
    }
    this.top = last;
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
    int outputSteps = returnSequences ? input.time() : 1;
    int width = signature().outputSize();
    float[] output =
        new float[Math.multiplyExact(Math.multiplyExact(input.batch(), outputSteps), width)];
    RecurrentState state = RecurrentState.zero(signature().state(), input.batch());
    List<CellTrace> traces = trace ? emptyTraces(input) : null;
    for (int row = 0; row < input.batch(); row++) {
      double[][] steps =
          new Row(input, row, signature().inputSize(), state, traces)
              .unroll(layers, top, returnSequences, signature().summary());
      for (int t = 0; t < steps.length; t++) {
        store(steps[t], output, row * outputSteps + t);
      }
    }
    return new NetworkOutput(output, state, traces);
  }

  @Override
  public void close() {}

  private List<CellTrace> emptyTraces(NetworkInput input) {
    int steps = input.batch() * input.time();
    return signature().inside().trace().stream().map(cell -> CellTrace.zero(cell, steps)).toList();
  }

  /** One sequence on its way up the layers. */
  static final class Row implements Layer.Visitor<double[][]> {

    private final NetworkInput input;
    private final int row;
    private final RecurrentState state;
    private final @Nullable List<CellTrace> traces;

    /** [length][width]: what the layer below gave. */
    private double[][] steps;

    /** [length]: false where a step is masked. */
    private boolean[] present;

    /** Index of the next cell's state. */
    private int nextCell;

    /** Index of the next cell's trace. */
    private int nextTrace;

    /** Of the last recurrent layer so far. */
    private double[] finalH = new double[0];

    private boolean isBelowTop;

    Row(
        NetworkInput input,
        int row,
        int width,
        RecurrentState state,
        @Nullable List<CellTrace> traces) {
      this.input = input;
      this.row = row;
      this.state = state;
      this.traces = traces;
      int length = input.lengths() == null ? input.time() : input.lengths()[row];
      steps = new double[length][];
      present = new boolean[length];
      Arrays.fill(present, true);
      for (int t = 0; t < length && input.ids() == null; t++) {
        steps[t] = load(input.x(), row * input.time() + t, width);
      }
    }

    /**
     * The same at a node of a graph, the only row of its batch.
     *
     * @param steps [length][width]: what the node takes
     * @param present [length]: false where a step is masked
     */
    Row(
        NetworkInput input,
        RecurrentState state,
        @Nullable List<CellTrace> traces,
        double[][] steps,
        boolean[] present) {
      this.input = input;
      this.row = 0;
      this.state = state;
      this.traces = traces;
      this.steps = steps;
      this.present = present;
      this.isBelowTop = true;
    }

    /** Goes on where other nodes left off with their cells. */
    void startAt(int cell, int trace) {
      nextCell = cell;
      nextTrace = trace;
    }

    boolean[] present() {
      return present;
    }

    double[] finalH() {
      return finalH;
    }

    /** The output's steps: all up to the row's end, or the summary; none of a row without steps. */
    double[][] unroll(List<Layer> layers, int top, boolean returnSequences, Summary summary) {
      for (int i = 0; i < layers.size(); i++) {
        isBelowTop = i < top;
        steps = layers.get(i).accept(this);
        if (i == top && !returnSequences) {
          steps = summary(summary);
        }
      }
      return steps;
    }

    private double[][] summary(Summary summary) {
      if (summary == Summary.FINAL_STATE) {
        return new double[][] {finalH};
      }
      int last = steps.length - 1;
      while (last >= 0 && !present[last]) {
        last--;
      }
      return last < 0 ? new double[0][] : new double[][] {steps[last]};
    }

    @Override
    public double[][] embedding(Layer.Embedding layer) {
      int[] ids = input.ids();
      for (int t = 0; t < steps.length && ids != null; t++) {
        int id = ids[row * input.time() + t];
        steps[t] = load(layer.table(), id, layer.outputSize());
        present[t] = id != 0 || !layer.maskZero();
      }
      return steps;
    }

    @Override
    public double[][] masking(Layer.Masking layer) {
      for (int t = 0; t < steps.length && isBelowTop; t++) {
        present[t] = Arrays.stream(steps[t]).anyMatch(x -> x != layer.value());
      }
      return steps;
    }

    @Override
    public double[][] recurrent(Layer.Recurrent layer) {
      Pass forward = pass(layer.forward(), layer.repeatMasked(), false);
      Pass backward = pass(layer.backward(), layer.repeatMasked(), true);
      double[][] outputs = new double[steps.length][];
      if (forward != null && backward != null) {
        for (int t = 0; t < steps.length; t++) {
          outputs[t] = merge(layer.merge(), forward.outputs[t], backward.outputs[t]);
        }
        finalH = merge(layer.merge(), forward.finalH, backward.finalH);
        return outputs;
      }
      Pass only = forward != null ? forward : backward;
      if (only == null) {
        throw new IllegalStateException("a recurrent layer needs a cell");
      }
      for (int t = 0; t < steps.length; t++) {
        outputs[t] = only.outputs[layer.processingOrder() ? steps.length - 1 - t : t];
      }
      finalH = only.finalH;
      return outputs;
    }

    @Override
    public double[][] dense(Layer.Dense layer) {
      return eachStep(
          x -> {
            double[] sums = new double[layer.outputSize()];
            for (int j = 0; j < sums.length; j++) {
              sums[j] = layer.bias()[j];
            }
            addProduct(x, layer.kernel(), sums);
            return ReferenceFunctions.activate(layer.activation(), sums);
          });
    }

    @Override
    public double[][] scale(Layer.Scale layer) {
      return eachStep(
          x -> {
            double[] y = new double[x.length];
            for (int j = 0; j < y.length; j++) {
              y[j] = x[j] * layer.scale()[j] + layer.shift()[j];
            }
            return y;
          });
    }

    @Override
    public double[][] layerNorm(Layer.LayerNorm layer) {
      return eachStep(x -> normalize(layer, x));
    }

    @Override
    public double[][] activate(Layer.Activate layer) {
      return eachStep(x -> ReferenceFunctions.activate(layer.activation(), x));
    }

    private double[][] eachStep(UnaryOperator<double[]> function) {
      return Arrays.stream(steps).map(function).toArray(double[][]::new);
    }

    /** One cell's way over the steps; null where the layer has no such cell. */
    private @Nullable Pass pass(@Nullable Cell cell, boolean repeatMasked, boolean backward) {
      if (cell == null) {
        return null;
      }
      ReferenceCell equations = cell.accept(CELLS);
      int slot = state.layout().first(nextCell++);
      int index = nextTrace++;
      double[][] own = new double[cell.state().size()][];
      for (int i = 0; i < own.length; i++) {
        own[i] = load(input.state().values()[slot + i], row, cell.state().get(i).width());
      }
      double[][] outputs = new double[steps.length][];
      double[] previous = new double[cell.outputSize()];
      for (int i = 0; i < steps.length; i++) {
        int t = backward ? steps.length - 1 - i : i;
        if (present[t]) {
          ReferenceCell.Step step = equations.step(steps[t], own);
          own = step.state();
          previous = own[0];
          storeTrace(step, index, t);
          outputs[t] = own[0];
        } else {
          outputs[t] = repeatMasked ? previous : new double[cell.outputSize()];
        }
      }
      for (int i = 0; i < own.length; i++) {
        store(own[i], state.values()[slot + i], row);
      }
      return new Pass(outputs, own[0]);
    }

    private void storeTrace(ReferenceCell.Step step, int cell, int t) {
      if (traces != null) {
        CellTrace trace = traces.get(cell);
        for (int i = 0; i < trace.slots().size(); i++) {
          store(step.trace()[i], trace.values()[i], row * input.time() + t);
        }
      }
    }
  }

  /**
   * What one cell computed of a sequence.
   *
   * @param outputs [length][outputSize], at the steps of the input
   * @param finalH [outputSize]
   */
  private record Pass(double[][] outputs, double[] finalH) {}

  private static double[] normalize(Layer.LayerNorm norm, double[] x) {
    double mean = Arrays.stream(x).average().orElse(0);
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElse(0);
    double deviation = Math.sqrt(variance + norm.epsilon());
    double[] y = new double[x.length];
    for (int j = 0; j < y.length; j++) {
      y[j] = (x[j] - mean) / deviation * norm.scale()[j] + norm.shift()[j];
    }
    return y;
  }

  private static double[] merge(Merge merge, double[] forward, double[] backward) {
    if (merge == Merge.CONCAT) {
      double[] both = Arrays.copyOf(forward, forward.length + backward.length);
      System.arraycopy(backward, 0, both, forward.length, backward.length);
      return both;
    }
    double[] merged = new double[forward.length];
    for (int j = 0; j < merged.length; j++) {
      double a = forward[j];
      double b = backward[j];
      merged[j] =
          switch (merge) {
            case SUM -> a + b;
            case MUL -> a * b;
            case AVE -> (a + b) / 2;
            case CONCAT -> throw new IllegalStateException("lies side by side");
          };
    }
    return merged;
  }

  /** The vector at an index of an array of vectors. */
  private static double[] load(float[] from, int index, int width) {
    double[] to = new double[width];
    for (int j = 0; j < width; j++) {
      to[j] = from[index * width + j];
    }
    return to;
  }

  private static void store(double[] from, float[] to, int index) {
    for (int j = 0; j < from.length; j++) {
      to[index * from.length + j] = (float) from[j];
    }
  }
}
