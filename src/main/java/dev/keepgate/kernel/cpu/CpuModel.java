package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.layer.CompiledLayer;
import dev.keepgate.kernel.layer.CompiledNetwork;
import dev.keepgate.kernel.layer.LayerCompiler;
import dev.keepgate.kernel.layer.LayerStack;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;

/** A model's layers, the matrices packed. */
final class CpuModel implements CompiledModel {

  private final CompiledNetwork<CpuScratch> layers;

  CpuModel(Network network, KernelTuning tuning) {
    this.layers = CompiledNetwork.of(network, new Compiler(tuning));
  }

  /** Lays layers out, the matrices packed. */
  private static final class Compiler extends LayerCompiler<CpuScratch> {

    private final KernelTuning tuning;

    Compiler(KernelTuning tuning) {
      super(new CpuCell.Compiler(tuning));
      this.tuning = tuning;
    }

    @Override
    public CompiledLayer<CpuScratch> dense(Layer.Dense layer) {
      return new CpuPointwise.Dense(layer, tuning);
    }

    @Override
    public CompiledLayer<CpuScratch> scale(Layer.Scale layer) {
      return new CpuPointwise.Scale(layer);
    }

    @Override
    public CompiledLayer<CpuScratch> layerNorm(Layer.LayerNorm layer) {
      return new CpuPointwise.Norm(layer);
    }

    @Override
    public CompiledLayer<CpuScratch> activate(Layer.Activate layer) {
      return new CpuPointwise.Activate(layer);
    }
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
    return layers.unroll(input, returnSequences, trace, own(scratch));
  }

  @Override
  public StepBatch newStepBatch(int capacity, Scratch scratch) {
    // Rows that may rest at a step do not all go on.
    if (layers instanceof LayerStack<CpuScratch> chain
        && !signature().masksSteps()
        && signature().isCausal()) {
      return new CpuStepBatch(chain, capacity, own(scratch));
    }
    return CompiledModel.super.newStepBatch(capacity, scratch);
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
