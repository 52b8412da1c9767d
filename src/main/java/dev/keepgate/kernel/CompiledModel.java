package dev.keepgate.kernel;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;

/**
 * A model whose weights one kernel has laid out. Immutable, so many threads may use it at once,
 * each with a scratch of its own; nothing may use it after {@link #close()}.
 */
public interface CompiledModel extends AutoCloseable {

  Signature signature();

  /** Bytes it holds, on and off the heap. */
  long bytes();

  /**
   * Takes a batch of sequences through all their steps.
   *
   * @param returnSequences whether to answer every step or the summary that {@link Signature} names
   * @param trace whether to answer the gates as well
   */
  NetworkOutput unroll(NetworkInput input, boolean returnSequences, boolean trace, Scratch scratch);

  /**
   * Room for rows that step together.
   *
   * @param capacity how many at most
   * @param scratch working memory of the thread that will step them
   * @throws IllegalStateException if the model is not causal: no row can go without its last step
   */
  default StepBatch newStepBatch(int capacity, Scratch scratch) {
    if (!signature().isCausal()) {
      throw new IllegalStateException("a model that reads backwards cannot go a step at a time");
    }
    return new GatheredStepBatch(this, capacity, scratch);
  }

  /** Frees the weights. */
  @Override
  void close();
}
