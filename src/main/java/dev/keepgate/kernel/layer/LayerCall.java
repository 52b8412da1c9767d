package dev.keepgate.kernel.layer;

import dev.keepgate.model.CellTrace;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Summary;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One batch on its way up the layers. */
public final class LayerCall {

  private final boolean summarizesState;
  private final boolean isNode;
  public final NetworkInput input;
  final RecurrentState state;
  final @Nullable List<CellTrace> traces;

  /** [batch][length of the row]: false where a step is masked; a summary has one step. */
  public boolean[][] present;

  /** Steps a row, padding included; 1 once summarized. */
  public int time;

  /** [batch, time, width]: what the layer below gave; zero past a row's end. */
  public float[] values;

  public int width;

  /** Index of the next cell's state. */
  int nextCell;

  /** Index of the next cell's trace. */
  int nextTrace;

  /** [batch, width]: the final h of the last recurrent layer. */
  float[] finalH = new float[0];

  /**
   * @param traces a cell each, to be filled; null if nobody asks
   */
  LayerCall(Signature signature, NetworkInput input, @Nullable List<CellTrace> traces) {
    this.summarizesState = signature.summary() == Summary.FINAL_STATE;
    this.isNode = false;
    this.input = input;
    this.state = RecurrentState.zero(signature.state(), input.batch());
    this.time = input.time();
    this.values = input.x();
    this.width = signature.inputSize();
    this.present = new boolean[input.batch()][];
    for (int row = 0; row < present.length; row++) {
      present[row] = new boolean[input.lengths() == null ? time : input.lengths()[row]];
      Arrays.fill(present[row], true);
    }
    this.traces = traces;
  }

  /**
   * A batch at one node of a graph.
   *
   * @param input its sequence, and the state that its cells begin with
   * @param state where their last state goes; of the layout of {@code input.state()}
   * @param present [batch][time]: false where a step is masked
   */
  LayerCall(
      NetworkInput input,
      RecurrentState state,
      int width,
      boolean[][] present,
      @Nullable List<CellTrace> traces) {
    this.summarizesState = true;
    this.isNode = true;
    this.input = input;
    this.state = state;
    this.time = input.time();
    this.values = input.x();
    this.width = width;
    this.present = present;
    this.traces = traces;
  }

  /** Whether a cell may still skip steps; at a node of a graph one may. */
  boolean leadsToCell() {
    return isNode || nextCell < state.layout().owners().size();
  }

  /** Keeps one step a row: the summary that the model answers. */
  void summarize() {
    float[] summary = new float[input.batch() * width];
    boolean[][] kept = new boolean[input.batch()][];
    for (int row = 0; row < kept.length; row++) {
      int last = lastPresent(present[row]);
      kept[row] = new boolean[summarizesState || last >= 0 ? 1 : 0];
      if (summarizesState) {
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

  NetworkOutput output() {
    return new NetworkOutput(values, state, traces);
  }
}
