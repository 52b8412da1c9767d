package dev.keepgate.kernel.nd4j;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.keepgate.kernel.layer.PackedSteps;
import dev.keepgate.kernel.layer.RecurrentCell;
import dev.keepgate.kernel.nd4j.Nd4jScratch.Slot;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.RnnCell;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One recurrent cell's weights as ND4J arrays.
 *
 * <p>Row-major [n, k] is the same memory as column-major [k, n]. So every array here is the
 * transpose of what its name says, in 'f' order, which is what BLAS takes as it is; ND4J would copy
 * a 'c' array, weights and all, at every product.
 */
abstract class Nd4jCell implements RecurrentCell<Nd4jScratch> {

  /** Where the slots of a state are while the cell runs. */
  private static final List<Slot> STATE = List.of(Slot.HIDDEN, Slot.CELL);

  private final int inputSize;
  private final int hiddenSize;

  /** Widths of the state's slots; the first is h. */
  private final int[] widths;

  private final List<INDArray> weights = new ArrayList<>();
  private final INDArray inputKernel; // (blocks * hidden, input)
  private final INDArray bias; // (blocks * hidden, 1)

  /**
   * @param inputKernel [inputSize, blocks * hidden]
   * @param bias [blocks * hidden]
   */
  Nd4jCell(Cell cell, float[] inputKernel, float[] bias) {
    this.inputSize = cell.inputSize();
    this.hiddenSize = cell.options().hiddenSize();
    this.widths = cell.state().stream().mapToInt(dev.keepgate.model.Slot::width).toArray();
    this.inputKernel = own(array(inputKernel, bias.length, inputSize));
    this.bias = own(array(bias, bias.length, 1));
  }

  static INDArray array(float[] values, long rows, long columns) {
    return Nd4j.create(values, new long[] {rows, columns}, 'f');
  }

  /** Counts an array as the cell's, to be freed with it. */
  final INDArray own(INDArray array) {
    weights.add(array);
    return array;
  }

  /** Is shown the numbers inside a step before they are overwritten. */
  interface StepListener {
    /**
     * @param slot the trace's name of the numbers
     * @param values (hidden, rows)
     */
    void show(String slot, INDArray values);
  }

  /**
   * Takes rows one step on.
   *
   * @param preActivations (blocks * hidden, rows): the input's part and the bias; may be
   *     overwritten
   * @param state the slots before the step, (width, rows) each; becomes those after it
   * @param listener null if nobody asks
   */
  abstract void step(
      INDArray preActivations,
      List<INDArray> state,
      Nd4jScratch scratch,
      @Nullable StepListener listener);

  @Override
  public final void run(Run run, Nd4jScratch scratch) {
    PackedSteps steps = run.steps();
    List<float[]> slots = new ArrayList<>();
    for (int i = 0; i < widths.length; i++) {
      slots.add(steps.gatherRows(run.before().get(i), widths[i]));
    }
    if (steps.sources().length > 0) {
      takeSteps(run, slots, scratch);
    }
    for (int i = 0; i < widths.length; i++) {
      steps.scatterRows(slots.get(i), run.after().get(i), widths[i]);
    }
  }

  /**
   * @param slots of the state, [batch, width] by rank; become the final ones
   */
  private void takeSteps(Run run, List<float[]> slots, Nd4jScratch scratch) {
    PackedSteps steps = run.steps();
    int total = steps.sources().length;
    INDArray preActivations = scratch.array(Slot.GATES, bias.length(), total);
    // The input's part of all steps at once: one large product in place of many small ones.
    INDArray x = scratch.load(Slot.INPUT, steps.gather(run.x(), inputSize), inputSize, total);
    Nd4j.gemm(inputKernel, x, preActivations, false, false, 1, 0);
    preActivations.addiColumnVector(bias);
    INDArray outputs = scratch.array(Slot.OUTPUT, widths[0], total);
    List<INDArray> state = new ArrayList<>();
    for (int i = 0; i < widths.length; i++) {
      state.add(scratch.load(STATE.get(i), slots.get(i), widths[i], steps.rows().length));
    }
    int from = 0;
    for (int rows : steps.active()) {
      List<INDArray> active = state.stream().map(slot -> columns(slot, 0, rows)).toList();
      step(columns(preActivations, from, rows), active, scratch, listener(run, from));
      columns(outputs, from, rows).assign(active.get(0));
      from += rows;
    }
    for (int i = 0; i < widths.length; i++) {
      Nd4jScratch.read(state.get(i), slots.get(i));
    }
    float[] answer = new float[Math.multiplyExact(total, widths[0])];
    Nd4jScratch.read(outputs, answer);
    steps.scatter(answer, run.outputs(), widths[0]);
  }

  /**
   * @param from the first of the step's packed rows
   */
  private @Nullable StepListener listener(Run run, int from) {
    CellTrace trace = run.trace();
    return trace == null
        ? null
        : (slot, values) -> store(values, trace.of(slot), run.steps().sources(), from);
  }

  private void store(INDArray values, float[] into, int[] sources, int from) {
    for (int row = 0; row < values.columns(); row++) {
      int to = sources[from + row] * hiddenSize;
      for (int j = 0; j < hiddenSize; j++) {
        into[to + j] = values.getFloat(j, row);
      }
    }
  }

  /** The rows of an array of blocks that one of them has. */
  final INDArray block(INDArray blocks, int block) {
    return blocks.get(interval((long) block * hiddenSize, (block + 1L) * hiddenSize), all());
  }

  private static INDArray columns(INDArray array, long from, long count) {
    return array.get(all(), interval(from, from + count));
  }

  @Override
  public final long bytes() {
    return weights.stream().mapToLong(array -> array.length() * Float.BYTES).sum();
  }

  @Override
  public final void close() {
    weights.forEach(INDArray::close);
  }

  /** Lays a cell out in ND4J arrays. */
  static final class Compiler implements Cell.Visitor<RecurrentCell<Nd4jScratch>> {

    @Override
    public RecurrentCell<Nd4jScratch> lstm(LstmCell cell) {
      return new Nd4jLstm(cell);
    }

    @Override
    public RecurrentCell<Nd4jScratch> gru(GruCell cell) {
      return new Nd4jGru(cell);
    }

    @Override
    public RecurrentCell<Nd4jScratch> rnn(RnnCell cell) {
      return new Nd4jRnn(cell);
    }
  }
}
