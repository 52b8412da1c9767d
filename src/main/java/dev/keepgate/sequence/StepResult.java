package dev.keepgate.sequence;

import org.jspecify.annotations.Nullable;

/**
 * The result of the last step of a sequence, kept for a client that did not receive it, and for
 * what goes on from it.
 *
 * @param unrolled whether it was a chunk of steps rather than a single one
 * @param time how many steps
 * @param sequences whether {@code output} has every step
 * @param batched whether the result has a batch dimension
 * @param padded whether rows may have ended before the last step, as only those of a chunk may
 * @param output the network's own numbers, row-major
 */
public record StepResult(
    boolean unrolled,
    int time,
    boolean sequences,
    boolean batched,
    boolean padded,
    float[] output) {

  /** Of rows that took every step. */
  public StepResult(
      boolean unrolled, int time, boolean sequences, boolean batched, float[] output) {
    this(unrolled, time, sequences, batched, false, output);
  }

  /**
   * What the last step of a model of one output gave.
   *
   * @param batch how many rows there are
   * @return [batch, width]; null where rows may have ended before
   */
  public float @Nullable [] lastStep(int batch) {
    if (padded) {
      return null;
    }
    if (!sequences) {
      return output.clone();
    }
    int width = output.length / batch / time;
    float[] last = new float[batch * width];
    for (int row = 0; row < batch; row++) {
      int from = ((row + 1) * time - 1) * width;
      System.arraycopy(output, from, last, row * width, width);
    }
    return last;
  }
}
