package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.ActivationContract;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.model.Activation;
import org.junit.jupiter.api.BeforeAll;

class CpuActivationTest extends ActivationContract {

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  @Override
  protected LstmKernel kernel() {
    return new CpuKernel(Tunings.NOT_PACKING);
  }

  @Override
  protected float[] compute(Activation activation, float[] x, int width) {
    float[] y = x.clone();
    FloatFunctions.activateInPlace(activation, y, 0, y.length, width);
    return y;
  }
}
