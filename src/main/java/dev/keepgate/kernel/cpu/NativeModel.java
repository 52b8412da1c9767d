package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.layer.Layer;
import dev.keepgate.kernel.layer.LayerStack;
import dev.keepgate.kernel.layer.Recurrence;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmModel;
import dev.keepgate.model.LstmOutput;

/** A model's layers, the matrices in panels. */
final class NativeModel implements CompiledModel {

  private final LayerStack<NativeScratch> layers;

  NativeModel(LstmModel model) {
    this.layers = new LayerStack<>(model, NativeModel::layer);
  }

  private static Layer<NativeScratch> layer(LayerWeights weights) {
    if (weights instanceof LayerWeights.Lstm lstm) {
      return new Recurrence<>(lstm, NativeCell::new);
    }
    if (weights instanceof LayerWeights.Embedding embedding) {
      return new Layer.Lookup<>(embedding);
    }
    if (weights instanceof LayerWeights.Masking masking) {
      return new Layer.Mask<>(masking.config().value());
    }
    return NativePointwise.of(weights);
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
  public LstmOutput unroll(
      LstmInput input, boolean returnSequences, boolean trace, Scratch scratch) {
    return layers.unroll(input, returnSequences, trace, own(scratch));
  }

  @Override
  public StepBatch newStepBatch(int capacity, Scratch scratch) {
    boolean mayRest = layers.layers().stream().anyMatch(NativeModel::mayMask);
    if (mayRest || !config().isCausal()) {
      return CompiledModel.super.newStepBatch(capacity, scratch);
    }
    return new NativeStepBatch(layers, capacity, own(scratch));
  }

  /** Whether a layer can mark steps as not there: such rows do not all go on at a step. */
  private static boolean mayMask(Layer<NativeScratch> layer) {
    return layer instanceof Layer.Mask
        || (layer instanceof Layer.Lookup<NativeScratch> lookup
            && lookup.weights().config().maskZero());
  }

  private static NativeScratch own(Scratch scratch) {
    if (scratch instanceof NativeScratch own) {
      return own;
    }
    throw new IllegalArgumentException("the scratch is another kernel's");
  }

  @Override
  public void close() {
    layers.close();
  }
}
