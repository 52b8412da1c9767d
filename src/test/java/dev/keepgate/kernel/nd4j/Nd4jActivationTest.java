package dev.keepgate.kernel.nd4j;

import dev.keepgate.kernel.ActivationContract;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.model.Activation;
import org.junit.jupiter.api.BeforeAll;
import org.nd4j.linalg.api.ndarray.INDArray;

class Nd4jActivationTest extends ActivationContract {

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  @Override
  protected LstmKernel kernel() {
    return new Nd4jKernel();
  }

  @Override
  protected float[] compute(Activation activation, float[] x, int width) {
    try (Nd4jScratch scratch = new Nd4jScratch(Long.MAX_VALUE)) {
      INDArray y = scratch.load(Nd4jScratch.Slot.OUTPUT, x, width, x.length / width);
      Nd4jFunctions.activateInPlace(activation, y, scratch);
      float[] values = new float[x.length];
      Nd4jScratch.read(y, values);
      return values;
    }
  }
}
