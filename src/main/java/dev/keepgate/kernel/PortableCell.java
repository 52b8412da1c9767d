package dev.keepgate.kernel;

import static dev.keepgate.kernel.PortableFunctions.activateInPlace;
import static dev.keepgate.kernel.PortableFunctions.clipInPlace;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One cell's weights as ND4J arrays.
 *
 * <p>Row-major [n, k] is the same memory as column-major [k, n]. So every array here is the
 * transpose of what its name says, in 'f' order, which is what BLAS takes as it is; ND4J would copy
 * a 'c' array, weights and all, at every product.
 */
final class PortableCell implements AutoCloseable {

  private static final long GATES = 4;

  private final CellConfig config;
  private final INDArray inputKernel; // (4 hidden, input)
  private final INDArray recurrentKernel; // (4 hidden, output)
  private final INDArray bias; // (4 hidden, 1)
  private final @Nullable INDArray peepholes; // (hidden, 3)
  private final @Nullable INDArray projection; // (projection, hidden)

  PortableCell(CellConfig config, CellWeights weights) {
    int hidden = config.hiddenSize();
    this.config = config;
    this.inputKernel = array(weights.inputKernel(), GATES * hidden, config.inputSize());
    this.recurrentKernel = array(weights.recurrentKernel(), GATES * hidden, config.outputSize());
    this.bias = array(weights.bias(), GATES * hidden, 1);
    this.peepholes = weights.peepholes() == null ? null : array(weights.peepholes(), hidden, 3);
    this.projection =
        weights.projection() == null
            ? null
            : array(weights.projection(), config.projectionSize(), hidden);
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

  /**
   * Takes packed rows through their steps.
   *
   * @param steps which rows run when
   * @param x [steps of all rows, inputSize], packed
   * @param h [batch, outputSize] by rank; becomes the final h
   * @param c [batch, hiddenSize] by rank; becomes the final c
   * @param listener told of every step; null if nobody asks
   * @return [steps of all rows, outputSize], packed
   */
  float[] run(PackedSteps steps, float[] x, float[] h, float[] c, @Nullable GateListener listener) {
    int total = steps.sources().length;
    int hidden = config.hiddenSize();
    int out = config.outputSize();
    int batch = steps.rows().length;
    if (total == 0) {
      return new float[0];
    }
    try (INDArray input = array(x, config.inputSize(), total);
        INDArray gates =
            Nd4j.createUninitialized(DataType.FLOAT, shape(GATES * hidden, total), 'f');
        INDArray outputs = Nd4j.createUninitialized(DataType.FLOAT, shape(out, total), 'f');
        INDArray hiddens = array(h, out, batch);
        INDArray cells = array(c, hidden, batch);
        INDArray unprojected =
            Nd4j.createUninitialized(DataType.FLOAT, shape(hidden, batch), 'f')) {
      // The input's part of all steps at once: one large product in place of many small ones.
      Nd4j.gemm(inputKernel, input, gates, false, false, 1, 0);
      gates.addiColumnVector(bias);
      int from = 0;
      for (int rows : steps.active()) {
        INDArray step = columns(gates, from, rows);
        INDArray cell = columns(cells, 0, rows);
        INDArray state = columns(hiddens, 0, rows);
        Nd4j.gemm(recurrentKernel, state, step, false, false, 1, 1);
        step(step, cell, from, listener);
        INDArray made = block(step, 2);
        if (projection == null) {
          state.assign(made);
        } else {
          INDArray whole = columns(unprojected, 0, rows);
          whole.assign(made);
          Nd4j.gemm(projection, whole, state, false, false, 1, 0);
          clipInPlace(state, config.projectionClip());
        }
        columns(outputs, from, rows).assign(state);
        from += rows;
      }
      read(hiddens, h);
      read(cells, c);
      return read(outputs, new float[total * out]);
    }
  }

  /** Turns sums into gates, moves the cell on, and leaves o * k(c) in the output gate's place. */
  private void step(INDArray gates, INDArray cell, int from, @Nullable GateListener listener) {
    INDArray input = block(gates, 0);
    INDArray forget = block(gates, 1);
    INDArray output = block(gates, 2);
    INDArray candidate = block(gates, 3);
    gate(input, cell, 0);
    if (config.coupled()) {
      forget.assign(input).rsubi(1);
    } else {
      gate(forget, cell, 1);
    }
    clipInPlace(candidate, config.inputClip());
    activateInPlace(config.activation(), candidate);
    try (INDArray added = input.mul(candidate)) {
      cell.muli(forget).addi(added);
    }
    clipInPlace(cell, config.cellClip());
    gate(output, cell, 2);
    if (listener != null) {
      listener.step(from, gates, cell);
    }
    candidate.assign(cell);
    activateInPlace(config.cellActivation(), candidate);
    output.muli(candidate);
  }

  private void gate(INDArray sums, INDArray cell, int peephole) {
    if (peepholes != null) {
      INDArray weights = columns(peepholes, peephole, 1);
      try (INDArray seen = cell.mulColumnVector(weights)) {
        sums.addi(seen);
      }
    }
    clipInPlace(sums, config.inputClip());
    activateInPlace(config.recurrentActivation(), sums);
  }

  private INDArray block(INDArray gates, int block) {
    int hidden = config.hiddenSize();
    return gates.get(interval((long) block * hidden, (block + 1L) * hidden), all());
  }

  private static INDArray columns(INDArray array, long from, long count) {
    return array.get(all(), interval(from, from + count));
  }

  private static long[] shape(long rows, long columns) {
    return new long[] {rows, columns};
  }

  /** Copies an 'f' array's memory as it lies. */
  static float[] read(INDArray array, float[] into) {
    float[] values = array.data().asFloat();
    System.arraycopy(values, 0, into, 0, into.length);
    return into;
  }

  @Override
  public void close() {
    inputKernel.close();
    recurrentKernel.close();
    bias.close();
    if (peepholes != null) {
      peepholes.close();
    }
    if (projection != null) {
      projection.close();
    }
  }
}
