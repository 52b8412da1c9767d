package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.CellTrace;
import org.jspecify.annotations.Nullable;

/**
 * One recurrent cell with its weights where a kernel wants them.
 *
 * @param <S> the kernel's working memory
 */
public interface RecurrentCell<S extends Scratch> extends AutoCloseable {

  /**
   * A cell's state slots, of a batch, among those of all cells.
   *
   * @param values each slot's [batch, width]
   * @param first which of them is the cell's first
   */
  record Slots(float[][] values, int first) {

    /** The cell's slot of that index, as its type names them. */
    public float[] get(int slot) {
      return values[first + slot];
    }
  }

  /**
   * A batch to take through its steps.
   *
   * @param steps which rows run when
   * @param x [batch, time, inputSize]
   * @param before the cell's slots before the first step, [batch, width] each
   * @param outputs [batch, time, outputSize], zero; the steps that run are written
   * @param after where the slots are written after the last step; may be {@code before}
   * @param trace where the numbers inside the steps are written, but not h; null if nobody asks
   */
  record Run(
      PackedSteps steps,
      float[] x,
      Slots before,
      float[] outputs,
      Slots after,
      @Nullable CellTrace trace) {}

  void run(Run run, S scratch);

  /** Bytes of the weights. */
  long bytes();

  /** Frees the weights. */
  @Override
  void close();
}
