package dev.keepgate.kernel.nd4j;

import static dev.keepgate.kernel.nd4j.Nd4jFunctions.activateInPlace;
import static dev.keepgate.kernel.nd4j.Nd4jFunctions.clipInPlace;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.keepgate.kernel.layer.PackedSteps;
import dev.keepgate.kernel.layer.RecurrentCell;
import dev.keepgate.kernel.nd4j.Nd4jScratch.Slot;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LstmCell;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One cell's weights as ND4J arrays.
 *
 * <p>Row-major [n, k] is the same memory as column-major [k, n]. So every array here is the
 * transpose of what its name says, in 'f' order, which is what BLAS takes as it is; ND4J would copy
 * a 'c' array, weights and all, at every product.
 */
final class Nd4jCell implements RecurrentCell<Nd4jScratch> {

  private static final long GATES = 4;

  private final CellConfig config;
  private final INDArray inputKernel; // (4 hidden, input)
  private final INDArray recurrentKernel; // (4 hidden, output)
  private final INDArray bias; // (4 hidden, 1)
  private final List<INDArray> peepholes; // of the input, forget and output gate: (hidden, 1)
  private final @Nullable INDArray projection; // (projection, hidden)

  Nd4jCell(LstmCell cell) {
    CellWeights weights = cell.weights();
    this.config = cell.config();
    int hidden = config.hiddenSize();
    this.inputKernel = array(weights.inputKernel(), GATES * hidden, config.inputSize());
    this.recurrentKernel = array(weights.recurrentKernel(), GATES * hidden, config.outputSize());
    this.bias = array(weights.bias(), GATES * hidden, 1);
    this.peepholes = peepholes(weights.peepholes(), hidden);
    this.projection =
        weights.projection() == null
            ? null
            : array(weights.projection(), config.projectionSize(), hidden);
  }

  private static List<INDArray> peepholes(float @Nullable [] weights, int hidden) {
    return weights == null
        ? List.of()
        : IntStream.range(0, 3)
            .mapToObj(i -> Arrays.copyOfRange(weights, i * hidden, (i + 1) * hidden))
            .map(gate -> array(gate, hidden, 1))
            .toList();
  }

  static INDArray array(float[] values, long rows, long columns) {
    return Nd4j.create(values, new long[] {rows, columns}, 'f');
  }

  /** Is shown the gates of the rows that run at a step, before they are overwritten. */
  interface GateListener {
    /**
     * @param from the first of the step's packed rows
     * @param gates (4 hidden, rows): input, forget, output, candidate
     * @param cell (hidden, rows)
     */
    void step(int from, INDArray gates, INDArray cell);
  }

  @Override
  public void run(Run run, Nd4jScratch scratch) {
    PackedSteps steps = run.steps();
    CellTrace trace = run.trace();
    float[] h = steps.gatherRows(run.before().get(0), config.outputSize());
    float[] c = steps.gatherRows(run.before().get(1), config.hiddenSize());
    float[] packed =
        run(
            steps,
            steps.gather(run.x(), config.inputSize()),
            h,
            c,
            scratch,
            trace == null ? null : (from, gates, cell) -> store(trace, steps, from, gates, cell));
    steps.scatter(packed, run.outputs(), config.outputSize());
    steps.scatterRows(h, run.after().get(0), config.outputSize());
    steps.scatterRows(c, run.after().get(1), config.hiddenSize());
  }

  private void store(CellTrace trace, PackedSteps steps, int from, INDArray gates, INDArray cell) {
    int hidden = config.hiddenSize();
    float[][] blocks = {
      trace.of("input"), trace.of("forget"), trace.of("output"), trace.of("candidate")
    };
    float[] traced = trace.of("cell");
    for (int row = 0; row < gates.columns(); row++) {
      int to = steps.sources()[from + row] * hidden;
      for (int j = 0; j < hidden; j++) {
        for (int block = 0; block < blocks.length; block++) {
          blocks[block][to + j] = gates.getFloat((long) block * hidden + j, row);
        }
        traced[to + j] = cell.getFloat(j, row);
      }
    }
  }

  /**
   * Takes packed rows through their steps.
   *
   * @param steps which rows run when
   * @param x [steps of all rows, inputSize], packed
   * @param h [batch, outputSize] by rank; becomes the final h
   * @param c [batch, hiddenSize] by rank; becomes the final c
   * @param scratch where it computes
   * @param listener told of every step; null if nobody asks
   * @return [steps of all rows, outputSize], packed
   */
  private float[] run(
      PackedSteps steps,
      float[] x,
      float[] h,
      float[] c,
      Nd4jScratch scratch,
      @Nullable GateListener listener) {
    int total = steps.sources().length;
    int hidden = config.hiddenSize();
    int out = config.outputSize();
    int batch = steps.rows().length;
    float[] answer = new float[Math.multiplyExact(total, out)];
    if (total == 0) {
      return answer;
    }
    INDArray gates = scratch.array(Slot.GATES, GATES * hidden, total);
    // The input's part of all steps at once: one large product in place of many small ones.
    INDArray input = scratch.load(Slot.INPUT, x, config.inputSize(), total);
    Nd4j.gemm(inputKernel, input, gates, false, false, 1, 0);
    gates.addiColumnVector(bias);
    INDArray outputs = scratch.array(Slot.OUTPUT, out, total);
    INDArray hiddens = scratch.load(Slot.HIDDEN, h, out, batch);
    INDArray cells = scratch.load(Slot.CELL, c, hidden, batch);
    int from = 0;
    for (int rows : steps.active()) {
      INDArray step = columns(gates, from, rows);
      INDArray state = columns(hiddens, 0, rows);
      Nd4j.gemm(recurrentKernel, state, step, false, false, 1, 1);
      step(step, columns(cells, 0, rows), from, scratch, listener);
      project(block(step, 2), state, scratch);
      columns(outputs, from, rows).assign(state);
      from += rows;
    }
    Nd4jScratch.read(hiddens, h);
    Nd4jScratch.read(cells, c);
    Nd4jScratch.read(outputs, answer);
    return answer;
  }

  private void project(INDArray unprojected, INDArray state, Nd4jScratch scratch) {
    if (projection == null) {
      state.assign(unprojected);
    } else {
      // A block of rows is no matrix that BLAS would take.
      Nd4j.gemm(projection, scratch.copy(Slot.BESIDE, unprojected), state, false, false, 1, 0);
      clipInPlace(state, config.projectionClip());
    }
  }

  /**
   * Turns pre-activations into gates, moves the cell on, and leaves o * k(c) in the output gate's
   * place.
   */
  private void step(
      INDArray gates,
      INDArray cell,
      int from,
      Nd4jScratch scratch,
      @Nullable GateListener listener) {
    INDArray input = block(gates, 0);
    INDArray forget = block(gates, 1);
    INDArray output = block(gates, 2);
    INDArray candidate = block(gates, 3);
    gate(0, input, cell, scratch);
    if (config.coupled()) {
      forget.assign(input).rsubi(1);
    } else {
      gate(1, forget, cell, scratch);
    }
    clipInPlace(candidate, config.inputClip());
    activateInPlace(config.activation(), candidate, scratch);
    cell.muli(forget).addi(scratch.copy(Slot.BESIDE, input).muli(candidate));
    clipInPlace(cell, config.cellClip());
    gate(2, output, cell, scratch);
    if (listener != null) {
      listener.step(from, gates, cell);
    }
    candidate.assign(cell);
    activateInPlace(config.cellActivation(), candidate, scratch);
    output.muli(candidate);
  }

  private void gate(int gate, INDArray preActivations, INDArray cell, Nd4jScratch scratch) {
    if (!peepholes.isEmpty()) {
      preActivations.addi(scratch.copy(Slot.BESIDE, cell).muliColumnVector(peepholes.get(gate)));
    }
    clipInPlace(preActivations, config.inputClip());
    activateInPlace(config.recurrentActivation(), preActivations, scratch);
  }

  private INDArray block(INDArray gates, int block) {
    int hidden = config.hiddenSize();
    return gates.get(interval((long) block * hidden, (block + 1L) * hidden), all());
  }

  private static INDArray columns(INDArray array, long from, long count) {
    return array.get(all(), interval(from, from + count));
  }

  @Override
  public long bytes() {
    return Stream.concat(
            Stream.of(inputKernel, recurrentKernel, bias),
            Stream.concat(peepholes.stream(), Stream.ofNullable(projection)))
        .mapToLong(array -> array.length() * Float.BYTES)
        .sum();
  }

  @Override
  public void close() {
    inputKernel.close();
    recurrentKernel.close();
    bias.close();
    peepholes.forEach(INDArray::close);
    if (projection != null) {
      projection.close();
    }
  }
}
