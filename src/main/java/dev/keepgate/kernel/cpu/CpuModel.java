package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.layer.CompiledLayer;
import dev.keepgate.kernel.layer.LayerStack;
import dev.keepgate.kernel.layer.Recurrence;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmModel;
import dev.keepgate.model.LstmOutput;

/** A model's layers, the matrices packed. */
final class CpuModel implements CompiledModel {

  private final LayerStack<CpuScratch> layers;

  CpuModel(LstmModel model, KernelTuning tuning) {
    this.layers = new LayerStack<>(model, weights -> layer(weights, tuning));
  }

  private static CompiledLayer<CpuScratch> layer(LayerWeights weights, KernelTuning tuning) {
    if (weights instanceof LayerWeights.Lstm lstm) {
      return new Recurrence<>(
          lstm, (config, cellWeights) -> new CpuCell(config, cellWeights, tuning));
    }
    if (weights instanceof LayerWeights.Embedding embedding) {
      return new CompiledLayer.Lookup<>(embedding);
    }
    if (weights instanceof LayerWeights.Masking masking) {
      return new CompiledLayer.Mask<>(masking.config().value());
    }
    return CpuPointwise.of(weights, tuning);
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
    boolean mayRest = layers.layers().stream().anyMatch(CpuModel::mayMask);
    if (mayRest || !config().isCausal()) {
      return CompiledModel.super.newStepBatch(capacity, scratch);
    }
    return new CpuStepBatch(layers, capacity, own(scratch));
  }

  /** Whether a layer can mark steps as not there: such rows do not all go on at a step. */
  private static boolean mayMask(CompiledLayer<CpuScratch> layer) {
    return layer instanceof CompiledLayer.Mask
        || (layer instanceof CompiledLayer.Lookup<CpuScratch> lookup
            && lookup.weights().config().maskZero());
  }

  private static CpuScratch own(Scratch scratch) {
    if (scratch instanceof CpuScratch own) {
      return own;
    }
    throw new IllegalArgumentException("the scratch is another kernel's");
  }

  @Override
  public void close() {
    layers.close();
  }
}
