package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.CellTrace;
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
   * @param before a slot's [batch, width] each, before the first step
   * @param outputs [batch, time, outputSize], zero; the steps that run are written
   * @param after a slot's [batch, width] each: becomes the state after the last step
   * @param firstSlot which of all slots is this cell's first
   * @param trace where the gates and the cell are written, but not h; null if nobody asks
   */
  record Run(
      PackedSteps steps,
      float[] x,
      float[][] before,
      float[] outputs,
      float[][] after,
      int firstSlot,
      @Nullable CellTrace trace) {

    /** A slot of this cell, before the first step. */
    public float[] before(int slot) {
      return before[firstSlot + slot];
    }

    /** A slot of this cell, where it is written after the last step. */
    public float[] after(int slot) {
      return after[firstSlot + slot];
    }
  }

  void run(Run run, S scratch);

  /** Bytes of the weights. */
  long bytes();

  /** Frees the weights. */
  @Override
  void close();
}
