package dev.keepgate.kernel;

import static dev.keepgate.kernel.PortableFunctions.activateInPlace;

import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LayerWeights;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** One layer with its weights where ND4J wants them. */
sealed interface PortableLayer extends AutoCloseable
    permits PortableLayer.Recurrent,
        PortableLayer.Pointwise,
        PortableLayer.Lookup,
        PortableLayer.Mask {

  void apply(PortableCall call);

  @Override
  default void close() {}

  static PortableLayer of(LayerWeights weights) {
    if (weights instanceof LayerWeights.Lstm lstm) {
      return new Recurrent(new PortableRecurrence(lstm));
    }
    if (weights instanceof LayerWeights.Embedding embedding) {
      return new Lookup(embedding);
    }
    if (weights instanceof LayerWeights.Masking masking) {
      return new Mask(masking.config().value());
    }
    return Pointwise.of(weights);
  }

  /** An LSTM layer. */
  record Recurrent(PortableRecurrence recurrence) implements PortableLayer {
    @Override
    public void apply(PortableCall call) {
      recurrence.apply(call);
    }

    @Override
    public void close() {
      recurrence.close();
    }
  }

  /** An embedding's table stays on the heap: looking up is copying. */
  record Lookup(LayerWeights.Embedding weights) implements PortableLayer {
    @Override
    public void apply(PortableCall call) {
      LayerConfig.Embedding config = weights.config();
      int size = config.outputSize();
      int[] ids = call.input.ids();
      float[] vectors = new float[call.input.batch() * call.time * size];
      for (int row = 0; row < call.present.length && ids != null; row++) {
        for (int t = 0; t < call.present[row].length; t++) {
          int at = row * call.time + t;
          System.arraycopy(weights.table(), ids[at] * size, vectors, at * size, size);
          call.present[row][t] = ids[at] != 0 || !config.maskZero();
        }
      }
      call.values = vectors;
      call.width = size;
    }
  }

  /** Marks steps; after the last LSTM layer there is nothing left to skip. */
  record Mask(float value) implements PortableLayer {
    @Override
    public void apply(PortableCall call) {
      if (call.nextCell == call.config.cells().size()) {
        return;
      }
      for (int row = 0; row < call.present.length; row++) {
        for (int t = 0; t < call.present[row].length; t++) {
          boolean there = false;
          for (int i = 0; i < call.width; i++) {
            there |= call.values[(row * call.time + t) * call.width + i] != value;
          }
          call.present[row][t] = there;
        }
      }
    }
  }

  /** A layer that works on each step alone; rows past their end stay zero. */
  record Pointwise(int outputSize, Function function, AutoCloseableArrays weights)
      implements PortableLayer {

    /** From (width, steps) to (outputSize, steps), a new array. */
    interface Function {
      INDArray apply(INDArray x);
    }

    @Override
    public void apply(PortableCall call) {
      boolean[][] all = new boolean[call.present.length][];
      for (int row = 0; row < all.length; row++) {
        all[row] = new boolean[call.present[row].length];
        Arrays.fill(all[row], true);
      }
      PackedSteps steps = PackedSteps.of(all, call.time, false);
      float[] result = new float[call.input.batch() * call.time * outputSize];
      int count = steps.sources().length;
      if (count > 0) {
        try (INDArray x =
                PortableCell.array(steps.gather(call.values, call.width), call.width, count);
            INDArray y = function.apply(x)) {
          steps.scatter(PortableCell.read(y, new float[count * outputSize]), result, outputSize);
        }
      }
      call.values = result;
      call.width = outputSize;
    }

    @Override
    public void close() {
      weights.close();
    }

    static Pointwise of(LayerWeights layer) {
      if (layer instanceof LayerWeights.Dense dense) {
        return dense(dense);
      }
      if (layer instanceof LayerWeights.Scale scale) {
        INDArray factor = column(scale.scale());
        INDArray shift = column(scale.shift());
        return new Pointwise(
            scale.config().outputSize(),
            x -> x.dup('f').muliColumnVector(factor).addiColumnVector(shift),
            new AutoCloseableArrays(factor, shift));
      }
      if (layer instanceof LayerWeights.LayerNorm norm) {
        INDArray factor = column(norm.scale());
        INDArray shift = column(norm.shift());
        float epsilon = norm.config().epsilon();
        return new Pointwise(
            norm.config().outputSize(),
            x -> normalize(x, epsilon).muliColumnVector(factor).addiColumnVector(shift),
            new AutoCloseableArrays(factor, shift));
      }
      if (layer instanceof LayerWeights.Activate activate) {
        return new Pointwise(
            activate.config().outputSize(),
            x -> {
              INDArray y = x.dup('f');
              activateInPlace(activate.config().activation(), y);
              return y;
            },
            new AutoCloseableArrays());
      }
      throw new IllegalArgumentException("no layer that works on each step alone: " + layer);
    }

    private static Pointwise dense(LayerWeights.Dense dense) {
      LayerConfig.Dense config = dense.config();
      INDArray kernel = PortableCell.array(dense.kernel(), config.outputSize(), config.inputSize());
      INDArray bias = column(dense.bias());
      return new Pointwise(
          config.outputSize(),
          x -> {
            INDArray y =
                Nd4j.createUninitialized(
                    DataType.FLOAT, new long[] {config.outputSize(), x.columns()}, 'f');
            Nd4j.gemm(kernel, x, y, false, false, 1, 0);
            y.addiColumnVector(bias);
            activateInPlace(config.activation(), y);
            return y;
          },
          new AutoCloseableArrays(kernel, bias));
    }

    private static INDArray normalize(INDArray x, float epsilon) {
      INDArray y = x.dup('f');
      try (INDArray mean = y.mean(true, 0)) {
        y.subiRowVector(mean);
      }
      try (INDArray squares = y.mul(y);
          INDArray variance = squares.mean(true, 0);
          INDArray deviation = Transforms.sqrt(variance.addi(epsilon), true)) {
        y.diviRowVector(deviation);
      }
      return y;
    }

    private static INDArray column(float[] values) {
      return PortableCell.array(values, values.length, 1);
    }
  }

  /** The arrays that a layer owns. */
  record AutoCloseableArrays(INDArray... arrays) {
    void close() {
      for (INDArray array : arrays) {
        array.close();
      }
    }
  }
}
