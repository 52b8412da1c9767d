package dev.keepgate.kernel;

import static dev.keepgate.kernel.PortableFunctions.activateInPlace;

import dev.keepgate.kernel.PortableScratch.Slot;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LayerWeights;
import java.util.Arrays;
import java.util.List;
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
  record Pointwise(int outputSize, Function function, List<INDArray> weights)
      implements PortableLayer {

    /** What happens to x (width, steps), whose result is put into y (outputSize, steps). */
    interface Function {
      void apply(INDArray x, INDArray y, PortableScratch scratch);
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
        float[] packed = steps.gather(call.values, call.width);
        INDArray x = call.scratch.load(Slot.INPUT, packed, call.width, count);
        INDArray y = call.scratch.array(Slot.OUTPUT, outputSize, count);
        function.apply(x, y, call.scratch);
        float[] answer = new float[count * outputSize];
        PortableScratch.read(y, answer);
        steps.scatter(answer, result, outputSize);
      }
      call.values = result;
      call.width = outputSize;
    }

    @Override
    public void close() {
      weights.forEach(INDArray::close);
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
            (x, y, scratch) -> y.assign(x).muliColumnVector(factor).addiColumnVector(shift),
            List.of(factor, shift));
      }
      if (layer instanceof LayerWeights.LayerNorm norm) {
        INDArray factor = column(norm.scale());
        INDArray shift = column(norm.shift());
        float epsilon = norm.config().epsilon();
        return new Pointwise(
            norm.config().outputSize(),
            (x, y, scratch) -> {
              normalizeInPlace(y.assign(x), epsilon, scratch);
              y.muliColumnVector(factor).addiColumnVector(shift);
            },
            List.of(factor, shift));
      }
      if (layer instanceof LayerWeights.Activate activate) {
        return new Pointwise(
            activate.config().outputSize(),
            (x, y, scratch) ->
                activateInPlace(activate.config().activation(), y.assign(x), scratch),
            List.of());
      }
      throw new IllegalArgumentException("no layer that works on each step alone: " + layer);
    }

    private static Pointwise dense(LayerWeights.Dense dense) {
      LayerConfig.Dense config = dense.config();
      INDArray kernel = PortableCell.array(dense.kernel(), config.outputSize(), config.inputSize());
      INDArray bias = column(dense.bias());
      return new Pointwise(
          config.outputSize(),
          (x, y, scratch) -> {
            Nd4j.gemm(kernel, x, y, false, false, 1, 0);
            y.addiColumnVector(bias);
            activateInPlace(config.activation(), y, scratch);
          },
          List.of(kernel, bias));
    }

    private static void normalizeInPlace(INDArray x, float epsilon, PortableScratch scratch) {
      try (INDArray mean = x.mean(true, 0)) {
        x.subiRowVector(mean);
      }
      try (INDArray variance = scratch.copy(Slot.BESIDE, x).muli(x).mean(true, 0)) {
        x.diviRowVector(Transforms.sqrt(variance.addi(epsilon), false));
      }
    }

    private static INDArray column(float[] values) {
      return PortableCell.array(values, values.length, 1);
    }
  }
}
