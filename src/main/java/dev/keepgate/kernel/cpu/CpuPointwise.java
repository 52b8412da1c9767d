package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.FloatFunctions.activateInPlace;

import dev.keepgate.kernel.layer.CompiledLayer;
import dev.keepgate.kernel.layer.LayerCall;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Layer;

/** A layer that works on each step alone; rows past their end stay zero. */
abstract class CpuPointwise implements CompiledLayer<CpuScratch> {

  private final int inputSize;
  private final int outputSize;

  private CpuPointwise(Layer layer) {
    this.inputSize = layer.inputSize();
    this.outputSize = layer.outputSize();
  }

  /**
   * Computes steps that lie side by side.
   *
   * @param x [any, inputSize]
   * @param y [any, outputSize]
   * @param from the first step
   * @param to behind the last
   */
  abstract void apply(float[] x, float[] y, int from, int to, CpuScratch scratch);

  @Override
  public void apply(LayerCall call, CpuScratch scratch) {
    float[] y =
        new float
            [Math.multiplyExact(Math.multiplyExact(call.input.batch(), call.time), outputSize)];
    int row = 0;
    while (row < call.present.length) {
      int from = row * call.time;
      // Rows without padding between them are one piece.
      while (row < call.present.length - 1 && call.present[row].length == call.time) {
        row++;
      }
      apply(call.values, y, from, row * call.time + call.present[row].length, scratch);
      row++;
    }
    call.values = y;
    call.width = outputSize;
  }

  int outputSize() {
    return outputSize;
  }

  int inputSize() {
    return inputSize;
  }

  static final class Dense extends CpuPointwise {

    private final Activation activation;
    private final PackedWeights packed;

    Dense(Layer.Dense weights, KernelTuning tuning) {
      super(weights);
      this.activation = weights.activation();
      this.packed = new PackedWeights(inputSize() + 1, inputSize() + 1, 1, outputSize(), tuning);
      packed.fill(0, weights.kernel());
      packed.fill(inputSize(), weights.bias());
    }

    @Override
    void apply(float[] x, float[] y, int from, int to, CpuScratch scratch) {
      int depth = packed.depth();
      int most = Math.min(scratch.productRows, to - from);
      scratch.ensureRows(depth, most);
      scratch.preActivations.values.ensure((long) most * outputSize());
      for (int at = from; at < to; at += most) {
        int rows = Math.min(most, to - at);
        for (int row = 0; row < rows; row++) {
          int start = row * depth;
          System.arraycopy(x, (at + row) * inputSize(), scratch.staged, start, inputSize());
          scratch.staged[start + inputSize()] = 1;
        }
        scratch.loadStaged(rows * depth);
        Product product = scratch.product.of(scratch.x, rows, depth);
        product.into(scratch.preActivations.values, 0, outputSize(), outputSize());
        packed.multiply(product, 0, 0, false);
        scratch.preActivations.view().get(0, y, at * outputSize(), rows * outputSize());
      }
      activateInPlace(activation, y, from * outputSize(), to * outputSize(), outputSize());
    }

    @Override
    public long bytes() {
      return packed.bytes();
    }

    @Override
    public void close() {
      packed.close();
    }
  }

  static final class Scale extends CpuPointwise {

    private final Layer.Scale weights;

    Scale(Layer.Scale weights) {
      super(weights);
      this.weights = weights;
    }

    @Override
    void apply(float[] x, float[] y, int from, int to, CpuScratch scratch) {
      int width = inputSize();
      for (int at = from * width; at < to * width; at += width) {
        for (int j = 0; j < width; j++) {
          y[at + j] = Math.fma(x[at + j], weights.scale()[j], weights.shift()[j]);
        }
      }
    }

    @Override
    public long bytes() {
      return 2L * Float.BYTES * inputSize();
    }
  }

  static final class Norm extends CpuPointwise {

    private final Layer.LayerNorm weights;

    Norm(Layer.LayerNorm weights) {
      super(weights);
      this.weights = weights;
    }

    @Override
    void apply(float[] x, float[] y, int from, int to, CpuScratch scratch) {
      int width = inputSize();
      for (int at = from * width; at < to * width; at += width) {
        normalize(x, y, at, width);
      }
    }

    private void normalize(float[] x, float[] y, int at, int width) {
      double sum = 0;
      for (int j = 0; j < width; j++) {
        sum += x[at + j];
      }
      double mean = sum / width;
      double squares = 0;
      for (int j = 0; j < width; j++) {
        squares += (x[at + j] - mean) * (x[at + j] - mean);
      }
      double deviation = Math.sqrt(squares / width + weights.epsilon());
      for (int j = 0; j < width; j++) {
        double normal = (x[at + j] - mean) / deviation;
        y[at + j] = (float) (normal * weights.scale()[j] + weights.shift()[j]);
      }
    }

    @Override
    public long bytes() {
      return 2L * Float.BYTES * inputSize();
    }
  }

  static final class Activate extends CpuPointwise {

    private final Activation activation;

    Activate(Layer.Activate weights) {
      super(weights);
      this.activation = weights.activation();
    }

    @Override
    void apply(float[] x, float[] y, int from, int to, CpuScratch scratch) {
      int width = inputSize();
      System.arraycopy(x, from * width, y, from * width, (to - from) * width);
      activateInPlace(activation, y, from * width, to * width, width);
    }
  }
}
