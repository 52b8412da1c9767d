package dev.keepgate.kernel;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmOutput;

/**
 * A model whose weights one kernel has laid out. Immutable, so many threads may use it at once,
 * each with a scratch of its own; nothing may use it after {@link #close()}.
 */
public interface CompiledModel extends AutoCloseable {

  LstmConfig config();

  /** Bytes it holds, on and off the heap. */
  long bytes();

  /**
   * Takes a batch of sequences through all their steps.
   *
   * @param returnSequences whether to answer every step or the summary that {@link LstmConfig}
   *     names
   * @param trace whether to answer the gates as well
   */
  LstmOutput unroll(LstmInput input, boolean returnSequences, boolean trace, Scratch scratch);

  /** Frees the weights. */
  @Override
  void close();
}
