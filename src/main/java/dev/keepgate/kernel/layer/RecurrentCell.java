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
   * A batch to take through its steps.
   *
   * @param steps which rows run when
   * @param x [batch, time, inputSize]
   * @param firstH [batch, outputSize]
   * @param firstC [batch, hiddenSize]
   * @param outputs [batch, time, outputSize], zero; the steps that run are written
   * @param h [batch, outputSize]: becomes the final h
   * @param c [batch, hiddenSize]: becomes the final c
   * @param trace where the gates and the cell are written, but not h; null if nobody asks
   */
  record Run(
      PackedSteps steps,
      float[] x,
      float[] firstH,
      float[] firstC,
      float[] outputs,
      float[] h,
      float[] c,
      @Nullable CellTrace trace) {}

  void run(Run run, S scratch);

  /** Bytes of the weights. */
  long bytes();

  /** Frees the weights. */
  @Override
  void close();
}
