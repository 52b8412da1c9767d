package dev.keepgate.inference;

import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ModelHandle;
import java.util.function.Supplier;

/**
 * A request that is computed a part at a time: it holds one version of a model from its first part
 * to its last, and each part is a {@linkplain InferenceCall call} of its own, with a permit and
 * memory of its own, so that others get in between.
 */
public final class InferenceStream implements AutoCloseable {

  private final ModelHandle handle;
  private final RequestMemory memory;
  private final Supplier<InferenceCall> calls;

  InferenceStream(ModelHandle handle, RequestMemory memory, Supplier<InferenceCall> calls) {
    this.handle = handle;
    this.memory = memory;
    this.calls = calls;
  }

  public ModelId model() {
    return handle.id();
  }

  /** The model's sizes. */
  public Signature signature() {
    return handle.signature();
  }

  /** Of which is taken what is kept from one part to the next. */
  public RequestMemory memory() {
    return memory;
  }

  /**
   * Begins the next part; the caller closes it.
   *
   * @throws InferenceException if its sequence has gone, or was replaced
   */
  public InferenceCall next() {
    return calls.get();
  }

  @Override
  public void close() {
    memory.close();
    handle.close();
  }
}
