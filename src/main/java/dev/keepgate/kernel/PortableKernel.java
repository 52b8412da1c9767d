package dev.keepgate.kernel;

import dev.keepgate.model.LstmModel;

/** ND4J arrays and ND4J ops, on whichever backend is on the class path: a CPU's or a GPU's. */
public final class PortableKernel implements LstmKernel {

  private static final long KEPT_BYTES = 64L << 20;

  @Override
  public String name() {
    return "portable";
  }

  @Override
  public CompiledModel compile(LstmModel model) {
    return new PortableModel(model);
  }

  @Override
  public long compiledBytes(long parameters) {
    return parameters * Float.BYTES;
  }

  /** Grows to what a worker's largest call needs; above 64 MiB it is freed after the call. */
  @Override
  public Scratch newScratch() {
    return new PortableScratch(KEPT_BYTES);
  }
}
