package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.LstmOutput.CellTrace;
import org.jspecify.annotations.Nullable;

/**
 * One LSTM cell with its weights where a kernel wants them.
 *
 * @param <S> the kernel's working memory
 */
public interface RecurrentCell<S extends Scratch> extends AutoCloseable {

  /**
   * What a cell remembers of a batch.
   *
   * @param h [batch, outputSize]
   * @param c [batch, hiddenSize]
   */
  record State(float[] h, float[] c) {}

  /**
   * A batch to take through its steps.
   *
   * @param steps which rows run when
   * @param x [batch, time, inputSize]
   * @param before the state that it begins with
   * @param outputs [batch, time, outputSize], zero; the steps that run are written
   * @param after where the final state is written; may be {@code before}
   * @param trace where the gates and the cell are written, but not h; null if nobody asks
   */
  record Run(
      PackedSteps steps,
      float[] x,
      State before,
      float[] outputs,
      State after,
      @Nullable CellTrace trace) {}

  void run(Run run, S scratch);

  /** Bytes of the weights. */
  long bytes();

  /** Frees the weights. */
  @Override
  void close();
}
