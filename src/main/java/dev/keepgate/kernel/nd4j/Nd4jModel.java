package dev.keepgate.kernel.nd4j;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.layer.CompiledNetwork;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;

/** A model's layers, each with its weights in ND4J arrays. */
final class Nd4jModel implements CompiledModel {

  private final CompiledNetwork<Nd4jScratch> layers;

  Nd4jModel(Network network) {
    this.layers = CompiledNetwork.of(network, new Nd4jLayer.Compiler());
  }

  @Override
  public Signature signature() {
    return layers.signature();
  }

  @Override
  public long bytes() {
    return layers.bytes();
  }

  @Override
  public NetworkOutput unroll(
      NetworkInput input, boolean returnSequences, boolean trace, Scratch scratch) {
    if (!(scratch instanceof Nd4jScratch own)) {
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
