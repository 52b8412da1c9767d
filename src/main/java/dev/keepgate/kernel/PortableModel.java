package dev.keepgate.kernel;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmModel;
import dev.keepgate.model.LstmOutput;
import java.util.ArrayList;
import java.util.List;

/** A model's layers, each with its weights in ND4J arrays. */
final class PortableModel implements CompiledModel {

  private final LstmConfig config;
  private final long bytes;
  private final List<PortableLayer> layers = new ArrayList<>();

  PortableModel(LstmModel model) {
    this.config = model.config();
    this.bytes = model.parameters() * Float.BYTES;
    try {
      for (LayerWeights layer : model.weights().layers()) {
        layers.add(PortableLayer.of(layer));
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      close();
      throw e;
    }
  }

  @Override
  public LstmConfig config() {
    return config;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public LstmOutput unroll(
      LstmInput input, boolean returnSequences, boolean trace, Scratch scratch) {
    if (!(scratch instanceof PortableScratch own)) {
      throw new IllegalArgumentException("the scratch is another kernel's");
    }
    try {
      return unroll(new PortableCall(config, input, trace, own), returnSequences);
    } finally {
      own.trim();
    }
  }

  private LstmOutput unroll(PortableCall call, boolean returnSequences) {
    int top = layers.size() - 1;
    while (!(layers.get(top) instanceof PortableLayer.Recurrent)) {
      top--;
    }
    for (int i = 0; i < layers.size(); i++) {
      layers.get(i).apply(call);
      if (i == top && !returnSequences) {
        call.summarize();
      }
    }
    return call.output();
  }

  @Override
  public void close() {
    layers.forEach(PortableLayer::close);
  }
}
