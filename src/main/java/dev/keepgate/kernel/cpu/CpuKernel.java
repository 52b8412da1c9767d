package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.model.Network;

/**
 * For CPUs: packed weights for the small-matrix products of the BLAS that ND4J loads, the gates in
 * plain loops that HotSpot vectorises, and no ND4J op on the way.
 */
public final class CpuKernel implements LstmKernel {

  static {
    Gates.warmUp();
  }

  private final KernelTuning tuning;

  public CpuKernel() {
    this(KernelTuning.DEFAULT);
  }

  /** Times what the tuning leaves open; the backend must have been loaded. */
  public CpuKernel(KernelTuning tuning) {
    this.tuning = tuning.measured();
  }

  @Override
  public String name() {
    return "native";
  }

  @Override
  public String description() {
    return "%s (%s)".formatted(name(), tuning);
  }

  @Override
  public CompiledModel compile(Network network) {
    return new CpuModel(network, tuning);
  }

  @Override
  public long compiledBytes(long parameters) {
    return (tuning.tiles() ? 2 : 1) * parameters * Float.BYTES;
  }

  @Override
  public Scratch newScratch() {
    return new CpuScratch(tuning);
  }
}
