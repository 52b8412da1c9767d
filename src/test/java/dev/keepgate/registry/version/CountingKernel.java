package dev.keepgate.registry.version;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what becomes of the reference kernel's models, and forbids the use of closed ones. */
final class CountingKernel implements LstmKernel {

  private final LstmKernel kernel = new ReferenceKernel();
  private final Runnable whileCompiling;
  final AtomicInteger compiled = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();

  CountingKernel(Runnable whileCompiling) {
    this.whileCompiling = whileCompiling;
  }

  CountingKernel() {
    this(() -> {});
  }

  @Override
  public String name() {
    return "counting";
  }

  @Override
  public CompiledModel compile(Network model) {
    compiled.incrementAndGet();
    whileCompiling.run();
    return new CountedModel(kernel.compile(model));
  }

  @Override
  public long compiledBytes(long parameters) {
    return kernel.compiledBytes(parameters);
  }

  @Override
  public Scratch newScratch() {
    return kernel.newScratch();
  }

  private final class CountedModel implements CompiledModel {

    private final CompiledModel model;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    CountedModel(CompiledModel model) {
      this.model = model;
    }

    @Override
    public Signature signature() {
      return model.signature();
    }

    @Override
    public long bytes() {
      return model.bytes();
    }

    @Override
    public NetworkOutput unroll(
        NetworkInput input, boolean returnSequences, boolean trace, Scratch scratch) {
      requireOpen();
      NetworkOutput output = model.unroll(input, returnSequences, trace, scratch);
      requireOpen();
      return output;
    }

    private void requireOpen() {
      if (isClosed.get()) {
        throw new IllegalStateException("a closed model is in use");
      }
    }

    @Override
    public void close() {
      if (!isClosed.compareAndSet(false, true)) {
        throw new IllegalStateException("a model was closed twice");
      }
      closed.incrementAndGet();
      model.close();
    }
  }
}
