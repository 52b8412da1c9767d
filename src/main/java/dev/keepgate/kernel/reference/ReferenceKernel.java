package dev.keepgate.kernel.reference;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.model.Network;

/**
 * The arithmetic in plain loops and double precision, written to be read: what the other kernels
 * are held against. It shares no code with them.
 */
public final class ReferenceKernel implements LstmKernel {

  private static final Scratch NO_SCRATCH = () -> {};

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public CompiledModel compile(Network network) {
    return network.isChain() ? new ReferenceModel(network) : new ReferenceGraph(network);
  }

  /** It computes on the model's own arrays. */
  @Override
  public long compiledBytes(long parameters) {
    return Float.BYTES * parameters;
  }

  @Override
  public Scratch newScratch() {
    return NO_SCRATCH;
  }
}
