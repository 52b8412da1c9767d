package dev.keepgate.kernel.reference;

import static dev.keepgate.kernel.reference.ReferenceFunctions.activate;
import static dev.keepgate.kernel.reference.ReferenceFunctions.addProduct;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmConfig.Summary;
import dev.keepgate.model.LstmModel;
import dev.keepgate.model.Merge;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes each sequence of a batch through all layers alone, so that no row can touch another. */
final class ReferenceModel implements CompiledModel {

  private final LstmModel model;

  ReferenceModel(LstmModel model) {
    this.model = model;
  }

  @Override
  public LstmConfig config() {
    return model.config();
  }

  @Override
  public long bytes() {
    return Float.BYTES * model.parameters();
  }

  @Override
  public NetworkOutput unroll(
      NetworkInput input, boolean returnSequences, boolean trace, Scratch scratch) {
    int outputSteps = returnSequences ? input.time() : 1;
    int width = config().outputSize();
    float[] output =
        new float[Math.multiplyExact(Math.multiplyExact(input.batch(), outputSteps), width)];
    RecurrentState state = RecurrentState.zero(config().state(), input.batch());
    List<CellTrace> traces = trace ? emptyTraces(input) : null;
    for (int row = 0; row < input.batch(); row++) {
      double[][] steps = new Row(input, row, state, traces).unroll(returnSequences);
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
    return config().cells().stream().map(cell -> CellTrace.zero(cell.trace(), steps)).toList();
  }

  /** One sequence on its way up the layers. */
  private final class Row {

    private final NetworkInput input;
    private final int row;
    private final RecurrentState state;
    private final @Nullable List<CellTrace> traces;

    /** [length][width]: what the layer below gave. */
    private double[][] steps;

    /** [length]: false where a step is masked. */
    private boolean[] present;

    /** Index of the next cell's state and trace. */
    private int nextCell;

    Row(NetworkInput input, int row, RecurrentState state, @Nullable List<CellTrace> traces) {
      this.input = input;
      this.row = row;
      this.state = state;
      this.traces = traces;
      int length = input.lengths() == null ? input.time() : input.lengths()[row];
      steps = new double[length][];
      present = new boolean[length];
      Arrays.fill(present, true);
      int width = config().inputSize();
      for (int t = 0; t < length && input.ids() == null; t++) {
        steps[t] = load(input.x(), row * input.time() + t, width);
      }
    }

    /** The output's steps: all up to the row's end, or the summary; none of a row without steps. */
    double[][] unroll(boolean returnSequences) {
      List<LayerWeights> layers = model.weights().layers();
      int top = layers.size() - 1;
      while (!(layers.get(top) instanceof LayerWeights.Lstm)) {
        top--;
      }
      for (int i = 0; i < layers.size(); i++) {
        LayerWeights layer = layers.get(i);
        if (layer instanceof LayerWeights.Lstm lstm) {
          double[] finalH = recur(lstm);
          if (i == top && !returnSequences) {
            steps = summary(finalH);
          }
        } else if (layer instanceof LayerWeights.Embedding embedding) {
          embed(embedding);
        } else if (layer instanceof LayerWeights.Masking masking && i < top) {
          mask(masking.config().value());
        } else {
          steps = Arrays.stream(steps).map(x -> apply(layer, x)).toArray(double[][]::new);
        }
      }
      return steps;
    }

    private double[][] summary(double[] finalH) {
      if (config().summary() == Summary.FINAL_STATE) {
        return new double[][] {finalH};
      }
      int last = steps.length - 1;
      while (last >= 0 && !present[last]) {
        last--;
      }
      return last < 0 ? new double[0][] : new double[][] {steps[last]};
    }

    private void embed(LayerWeights.Embedding embedding) {
      int[] ids = input.ids();
      for (int t = 0; t < steps.length && ids != null; t++) {
        int id = ids[row * input.time() + t];
        steps[t] = load(embedding.table(), id, embedding.config().outputSize());
        present[t] = id != 0 || !embedding.config().maskZero();
      }
    }

    private void mask(float value) {
      for (int t = 0; t < steps.length; t++) {
        present[t] = Arrays.stream(steps[t]).anyMatch(x -> x != value);
      }
    }

    /** Runs a layer's cells over the steps, which become its outputs; answers its final h. */
    private double[] recur(LayerWeights.Lstm layer) {
      LayerConfig.Lstm config = layer.config();
      Pass forward = pass(config.forward(), layer.forward(), config.repeatMasked(), false);
      Pass backward = pass(config.backward(), layer.backward(), config.repeatMasked(), true);
      if (forward != null && backward != null) {
        for (int t = 0; t < steps.length; t++) {
          steps[t] = merge(config.merge(), forward.outputs[t], backward.outputs[t]);
        }
        return merge(config.merge(), forward.finalH, backward.finalH);
      }
      Pass only = forward != null ? forward : backward;
      if (only == null) {
        throw new IllegalStateException("an LSTM layer needs a cell");
      }
      for (int t = 0; t < steps.length; t++) {
        steps[t] = only.outputs[config.processingOrder() ? steps.length - 1 - t : t];
      }
      return only.finalH;
    }

    /** One cell's way over the steps; null where the layer has no such cell. */
    private @Nullable Pass pass(
        @Nullable CellConfig config,
        @Nullable CellWeights weights,
        boolean repeatMasked,
        boolean backward) {
      if (config == null || weights == null) {
        return null;
      }
      ReferenceCell cell = new ReferenceCell(config, weights);
      int index = nextCell++;
      int slot = state.layout().first(index);
      double[] h = load(input.state().values()[slot], row, config.outputSize());
      double[] c = load(input.state().values()[slot + 1], row, config.hiddenSize());
      double[][] outputs = new double[steps.length][];
      double[] previous = new double[config.outputSize()];
      for (int i = 0; i < steps.length; i++) {
        int t = backward ? steps.length - 1 - i : i;
        if (present[t]) {
          ReferenceCell.Step step = cell.step(steps[t], h, c);
          h = step.hidden();
          c = step.cell();
          previous = h;
          storeTrace(step, index, t);
          outputs[t] = h;
        } else {
          outputs[t] = repeatMasked ? previous : new double[config.outputSize()];
        }
      }
      store(h, state.values()[slot], row);
      store(c, state.values()[slot + 1], row);
      return new Pass(outputs, h);
    }

    private void storeTrace(ReferenceCell.Step step, int cell, int t) {
      if (traces != null) {
        CellTrace trace = traces.get(cell);
        int at = row * input.time() + t;
        store(step.input(), trace.of("input"), at);
        store(step.forget(), trace.of("forget"), at);
        store(step.output(), trace.of("output"), at);
        store(step.candidate(), trace.of("candidate"), at);
        store(step.cell(), trace.of("cell"), at);
        store(step.hidden(), trace.of("hidden"), at);
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

  /** A layer that works on each step alone. */
  private static double[] apply(LayerWeights layer, double[] x) {
    if (layer instanceof LayerWeights.Dense dense) {
      double[] preActivations = new double[dense.bias().length];
      for (int j = 0; j < preActivations.length; j++) {
        preActivations[j] = dense.bias()[j];
      }
      addProduct(x, dense.kernel(), preActivations);
      return activate(dense.config().activation(), preActivations);
    }
    if (layer instanceof LayerWeights.Scale scale) {
      double[] y = new double[x.length];
      for (int j = 0; j < y.length; j++) {
        y[j] = x[j] * scale.scale()[j] + scale.shift()[j];
      }
      return y;
    }
    if (layer instanceof LayerWeights.LayerNorm norm) {
      return normalize(norm, x);
    }
    if (layer instanceof LayerWeights.Activate activate) {
      return activate(activate.config().activation(), x);
    }
    return x;
  }

  private static double[] normalize(LayerWeights.LayerNorm norm, double[] x) {
    double mean = Arrays.stream(x).average().orElse(0);
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElse(0);
    double deviation = Math.sqrt(variance + norm.config().epsilon());
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
