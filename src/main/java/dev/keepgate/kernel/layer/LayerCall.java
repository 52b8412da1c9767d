package dev.keepgate.kernel.layer;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmOutput;
import dev.keepgate.model.LstmOutput.CellTrace;
import dev.keepgate.model.LstmState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One batch on its way up the layers. */
public final class LayerCall {

  final LstmConfig config;
  final List<CellConfig> cells;
  public final LstmInput input;
  final LstmState state;
  final @Nullable List<CellTrace> traces;

  /** [batch][length of the row]: false where a step is masked; a summary has one step. */
  public boolean[][] present;

  /** Steps a row, padding included; 1 once summarized. */
  public int time;

  /** [batch, time, width]: what the layer below gave; zero past a row's end. */
  public float[] values;

  public int width;

  /** Index of the next cell's state and trace. */
  int nextCell;

  /** [batch, width]: the final h of the last LSTM layer. */
  float[] finalH = new float[0];

  /**
   * @param cells those of the configuration, which would make a new list at each call
   */
  LayerCall(LstmConfig config, List<CellConfig> cells, LstmInput input, boolean trace) {
    this.config = config;
    this.input = input;
    this.cells = cells;
    this.state = LstmState.zero(cells, input.batch());
    this.time = input.time();
    this.values = input.x();
    this.width = config.inputSize();
    this.present = new boolean[input.batch()][];
    for (int row = 0; row < present.length; row++) {
      present[row] = new boolean[input.lengths() == null ? time : input.lengths()[row]];
      Arrays.fill(present[row], true);
    }
    this.traces = trace ? emptyTraces() : null;
  }

  private List<CellTrace> emptyTraces() {
    int steps = input.batch() * input.time();
    List<CellTrace> empty = new ArrayList<>();
    for (CellConfig cell : cells) {
      int size = steps * cell.hiddenSize();
      empty.add(
          new CellTrace(
              new float[size],
              new float[size],
              new float[size],
              new float[size],
              new float[size],
              new float[steps * cell.outputSize()]));
    }
    return List.copyOf(empty);
  }

  /** Keeps one step a row: the summary that the model answers. */
  void summarize() {
    float[] summary = new float[input.batch() * width];
    boolean[][] kept = new boolean[input.batch()][];
    boolean finalState = config.summary() == LstmConfig.Summary.FINAL_STATE;
    for (int row = 0; row < kept.length; row++) {
      int last = lastPresent(present[row]);
      kept[row] = new boolean[finalState || last >= 0 ? 1 : 0];
      if (finalState) {
        System.arraycopy(finalH, row * width, summary, row * width, width);
      } else if (last >= 0) {
        System.arraycopy(values, (row * time + last) * width, summary, row * width, width);
      }
    }
    present = kept;
    time = 1;
    values = summary;
  }

  private static int lastPresent(boolean[] steps) {
    int last = steps.length - 1;
    while (last >= 0 && !steps[last]) {
      last--;
    }
    return last;
  }

  LstmOutput output() {
    return new LstmOutput(values, state, traces);
  }
}
