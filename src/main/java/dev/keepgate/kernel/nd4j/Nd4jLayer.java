package dev.keepgate.kernel.nd4j;

import static dev.keepgate.kernel.nd4j.Nd4jFunctions.activateInPlace;

import dev.keepgate.kernel.layer.CompiledLayer;
import dev.keepgate.kernel.layer.LayerCall;
import dev.keepgate.kernel.layer.LayerCompiler;
import dev.keepgate.kernel.layer.PackedSteps;
import dev.keepgate.kernel.nd4j.Nd4jScratch.Slot;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Layer;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A layer that works on each step alone, in ND4J ops; rows past their end stay zero. */
record Nd4jLayer(int outputSize, Function function, List<INDArray> weights)
    implements CompiledLayer<Nd4jScratch> {

  /** What happens to x (width, steps), whose result is put into y (outputSize, steps). */
  interface Function {
    void apply(INDArray x, INDArray y, Nd4jScratch scratch);
  }

  @Override
  public void apply(LayerCall call, Nd4jScratch scratch) {
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
      INDArray x = scratch.load(Slot.INPUT, packed, call.width, count);
      INDArray y = scratch.array(Slot.OUTPUT, outputSize, count);
      function.apply(x, y, scratch);
      float[] answer = new float[count * outputSize];
      Nd4jScratch.read(y, answer);
      steps.scatter(answer, result, outputSize);
    }
    call.values = result;
    call.width = outputSize;
  }

  @Override
  public long bytes() {
    return weights.stream().mapToLong(array -> array.length() * Float.BYTES).sum();
  }

  @Override
  public void close() {
    weights.forEach(INDArray::close);
  }

  /** Lays layers out in ND4J arrays. */
  static final class Compiler extends LayerCompiler<Nd4jScratch> {

    Compiler() {
      super(new Nd4jCell.Compiler());
    }

    @Override
    public CompiledLayer<Nd4jScratch> dense(Layer.Dense layer) {
      INDArray kernel = Nd4jCell.array(layer.kernel(), layer.outputSize(), layer.inputSize());
      INDArray bias = column(layer.bias());
      Activation activation = layer.activation();
      return new Nd4jLayer(
          layer.outputSize(),
          (x, y, scratch) -> {
            Nd4j.gemm(kernel, x, y, false, false, 1, 0);
            y.addiColumnVector(bias);
            activateInPlace(activation, y, scratch);
          },
          List.of(kernel, bias));
    }

    @Override
    public CompiledLayer<Nd4jScratch> scale(Layer.Scale layer) {
      INDArray factor = column(layer.scale());
      INDArray shift = column(layer.shift());
      return new Nd4jLayer(
          layer.outputSize(),
          (x, y, scratch) -> y.assign(x).muliColumnVector(factor).addiColumnVector(shift),
          List.of(factor, shift));
    }

    @Override
    public CompiledLayer<Nd4jScratch> layerNorm(Layer.LayerNorm layer) {
      INDArray factor = column(layer.scale());
      INDArray shift = column(layer.shift());
      float epsilon = layer.epsilon();
      return new Nd4jLayer(
          layer.outputSize(),
          (x, y, scratch) -> {
            normalizeInPlace(y.assign(x), epsilon, scratch);
            y.muliColumnVector(factor).addiColumnVector(shift);
          },
          List.of(factor, shift));
    }

    @Override
    public CompiledLayer<Nd4jScratch> activate(Layer.Activate layer) {
      Activation activation = layer.activation();
      return new Nd4jLayer(
          layer.outputSize(),
          (x, y, scratch) -> activateInPlace(activation, y.assign(x), scratch),
          List.of());
    }
  }

  private static void normalizeInPlace(INDArray x, float epsilon, Nd4jScratch scratch) {
    try (INDArray mean = x.mean(true, 0)) {
      x.subiRowVector(mean);
    }
    try (INDArray variance = scratch.copy(Slot.BESIDE, x).muli(x).mean(true, 0)) {
      x.diviRowVector(Transforms.sqrt(variance.addi(epsilon), false));
    }
  }

  private static INDArray column(float[] values) {
    return Nd4jCell.array(values, values.length, 1);
  }
}
