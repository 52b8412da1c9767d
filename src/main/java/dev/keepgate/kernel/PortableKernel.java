package dev.keepgate.kernel;

import dev.keepgate.model.LstmModel;

/** ND4J arrays and ND4J ops, on whichever backend is on the class path: a CPU's or a GPU's. */
public final class PortableKernel implements LstmKernel {

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

  /** Every call allocates what it needs and frees it before it returns. */
  @Override
  public Scratch newScratch() {
    return () -> {};
  }
}
