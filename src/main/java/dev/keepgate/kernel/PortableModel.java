package dev.keepgate.kernel;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmModel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;

/** A model's layers, each with its weights in ND4J arrays. */
final class PortableModel implements CompiledModel {

  private final LayerStack<PortableScratch> layers;

  PortableModel(LstmModel model) {
    this.layers = new LayerStack<>(model, PortableLayer::of);
  }

  @Override
  public LstmConfig config() {
    return layers.config();
  }

  @Override
  public long bytes() {
    return layers.bytes();
  }

  @Override
  public NetworkOutput unroll(
      NetworkInput input, boolean returnSequences, boolean trace, Scratch scratch) {
    if (!(scratch instanceof PortableScratch own)) {
      throw new IllegalArgumentException("the scratch is another kernel's");
    }
    try {
      return layers.unroll(input, returnSequences, trace, own);
    } finally {
      own.trim();
    }
  }

  @Override
  public void close() {
    layers.close();
  }
}
