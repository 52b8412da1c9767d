package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.ActivationContract;
import dev.keepgate.model.Activation;

class CpuActivationTest extends ActivationContract {

  @Override
  protected float[] compute(Activation activation, float[] x, int width) {
    float[] y = x.clone();
    FloatFunctions.activateInPlace(activation, y, 0, y.length, width);
    return y;
  }
}
