package dev.keepgate.kernel;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.LstmOutput.CellTrace;
import dev.keepgate.model.Merge;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An LSTM layer: its one or two cells over packed steps, and how their outputs become one. */
final class PortableRecurrence implements AutoCloseable {

  private final LayerConfig.Lstm config;
  private final @Nullable PortableCell forward;
  private final @Nullable PortableCell backward;

  PortableRecurrence(LayerWeights.Lstm weights) {
    this.config = weights.config();
    this.forward = cell(config.forward(), weights.forward());
    this.backward = cell(config.backward(), weights.backward());
  }

  private static @Nullable PortableCell cell(
      @Nullable CellConfig config, @Nullable CellWeights weights) {
    return config == null || weights == null ? null : new PortableCell(config, weights);
  }

  /**
   * What one cell made of a batch.
   *
   * @param outputs [batch, time, size], at the steps of the input
   * @param finalH [batch, size]
   */
  private record Pass(float[] outputs, float[] finalH, int size) {}

  void apply(PortableCall call) {
    Pass ahead = pass(call, forward, config.forward(), false);
    Pass back = pass(call, backward, config.backward(), true);
    int steps = call.input.batch() * call.time;
    if (ahead != null && back != null) {
      call.values = merge(ahead.outputs, back.outputs, ahead.size, back.size, steps);
      call.finalH = merge(ahead.finalH, back.finalH, ahead.size, back.size, call.input.batch());
    } else {
      Pass only = ahead != null ? ahead : back;
      if (only == null) {
        throw new IllegalStateException("an LSTM layer needs a cell");
      }
      call.values = config.processingOrder() ? reversed(call, only) : only.outputs;
      call.finalH = only.finalH;
    }
    call.width = config.outputSize();
  }

  private @Nullable Pass pass(
      PortableCall call,
      @Nullable PortableCell cell,
      @Nullable CellConfig cellConfig,
      boolean isBackward) {
    if (cell == null || cellConfig == null) {
      return null;
    }
    int index = call.nextCell++;
    int out = cellConfig.outputSize();
    int hidden = cellConfig.hiddenSize();
    PackedSteps steps = PackedSteps.of(call.present, call.time, isBackward);
    float[] h = steps.gatherRows(call.input.state().h()[index], out);
    float[] c = steps.gatherRows(call.input.state().c()[index], hidden);
    CellTrace trace = call.traces == null ? null : call.traces.get(index);
    float[] packed =
        cell.run(
            steps,
            steps.gather(call.values, call.width),
            h,
            c,
            call.scratch,
            trace == null ? null : (from, g, s) -> store(trace, steps, hidden, from, g, s));
    float[] outputs = new float[call.input.batch() * call.time * out];
    steps.scatter(packed, outputs, out);
    if (trace != null) {
      System.arraycopy(outputs, 0, trace.hidden(), 0, outputs.length);
    }
    steps.scatterRows(h, call.state.h()[index], out);
    steps.scatterRows(c, call.state.c()[index], hidden);
    if (config.repeatMasked()) {
      repeat(call, outputs, out, isBackward);
    }
    return new Pass(outputs, call.state.h()[index], out);
  }

  private static void store(
      CellTrace trace, PackedSteps steps, int hidden, int from, INDArray gates, INDArray cell) {
    float[][] blocks = {trace.input(), trace.forget(), trace.output(), trace.candidate()};
    for (int row = 0; row < gates.columns(); row++) {
      int to = steps.sources()[from + row] * hidden;
      for (int j = 0; j < hidden; j++) {
        for (int block = 0; block < blocks.length; block++) {
          blocks[block][to + j] = gates.getFloat((long) block * hidden + j, row);
        }
        trace.cell()[to + j] = cell.getFloat(j, row);
      }
    }
  }

  /** Gives each masked step the output that was computed before it. */
  private static void repeat(PortableCall call, float[] outputs, int size, boolean isBackward) {
    for (int row = 0; row < call.present.length; row++) {
      boolean[] there = call.present[row];
      for (int i = 1; i < there.length; i++) {
        int t = isBackward ? there.length - 1 - i : i;
        if (!there[t]) {
          int at = row * call.time + t;
          System.arraycopy(
              outputs, (isBackward ? at + 1 : at - 1) * size, outputs, at * size, size);
        }
      }
    }
  }

  /** Each row's outputs in the order in which they were computed. */
  private static float[] reversed(PortableCall call, Pass pass) {
    float[] reversed = new float[pass.outputs.length];
    for (int row = 0; row < call.present.length; row++) {
      int length = call.present[row].length;
      for (int t = 0; t < length; t++) {
        System.arraycopy(
            pass.outputs,
            (row * call.time + length - 1 - t) * pass.size,
            reversed,
            (row * call.time + t) * pass.size,
            pass.size);
      }
    }
    return reversed;
  }

  private float[] merge(float[] ahead, float[] back, int aheadSize, int backSize, int count) {
    if (config.merge() == Merge.CONCAT) {
      int width = aheadSize + backSize;
      float[] both = new float[count * width];
      for (int i = 0; i < count; i++) {
        System.arraycopy(ahead, i * aheadSize, both, i * width, aheadSize);
        System.arraycopy(back, i * backSize, both, i * width + aheadSize, backSize);
      }
      return both;
    }
    float[] merged = new float[ahead.length];
    for (int i = 0; i < merged.length; i++) {
      merged[i] =
          switch (config.merge()) {
            case SUM -> ahead[i] + back[i];
            case MUL -> ahead[i] * back[i];
            case AVE -> (ahead[i] + back[i]) / 2;
            case CONCAT -> throw new IllegalStateException("lies side by side");
          };
    }
    return merged;
  }

  @Override
  public void close() {
    if (forward != null) {
      forward.close();
    }
    if (backward != null) {
      backward.close();
    }
  }
}
