package dev.keepgate.kernel.nd4j;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.model.Network;

/** ND4J arrays and ND4J ops, on whichever backend is on the class path: a CPU's or a GPU's. */
public final class Nd4jKernel implements LstmKernel {

  private static final long KEPT_BYTES = 64L << 20;

  @Override
  public String name() {
    return "portable";
  }

  @Override
  public CompiledModel compile(Network network) {
    return new Nd4jModel(network);
  }

  @Override
  public long compiledBytes(long parameters) {
    return parameters * Float.BYTES;
  }

  /** Grows to what a worker's largest call needs; above 64 MiB it is freed after the call. */
  @Override
  public Scratch newScratch() {
    return new Nd4jScratch(KEPT_BYTES);
  }
}
