package dev.keepgate.sequence;

import org.jspecify.annotations.Nullable;

/**
 * The result of the last step of a sequence, kept for a client that did not receive it, and for
 * what goes on from it.
 *
 * @param steps that were taken
 * @param sequences whether {@code output} has every step
 * @param batched whether the result has a batch dimension
 * @param output the network's own numbers, row-major
 * @param errors [batch, time]: how far off was what was said of these steps; null where that was
 *     not asked
 */
public record StepResult(
    Steps steps, boolean sequences, boolean batched, float[] output, double @Nullable [] errors) {

  /**
   * The steps of a request.
   *
   * @param unrolled whether it was a chunk of steps rather than a single one
   * @param time how many steps
   * @param padded whether rows may have ended before the last step, as only those of a chunk may
   */
  public record Steps(boolean unrolled, int time, boolean padded) {}

  /** Of rows that took every step. */
  public StepResult(
      boolean unrolled, int time, boolean sequences, boolean batched, float[] output) {
    this(new Steps(unrolled, time, false), sequences, batched, output, null);
  }

  public boolean unrolled() {
    return steps.unrolled();
  }

  public int time() {
    return steps.time();
  }

  StepResult withErrors(double @Nullable [] known) {
    return new StepResult(steps, sequences, batched, output, known);
  }

  /** Memory that its numbers take. */
  long bytes() {
    long ofErrors = errors == null ? 0 : (long) Double.BYTES * errors.length;
    return (long) Float.BYTES * output.length + ofErrors;
  }

  /**
   * What the last step of a model of one output gave.
   *
   * @param batch how many rows there are
   * @return [batch, width]; null where rows may have ended before
   */
  public float @Nullable [] lastStep(int batch) {
    if (steps.padded()) {
      return null;
    }
    if (!sequences) {
      return output.clone();
    }
    int width = output.length / batch / time();
    float[] last = new float[batch * width];
    for (int row = 0; row < batch; row++) {
      int from = ((row + 1) * time() - 1) * width;
      System.arraycopy(output, from, last, row * width, width);
    }
    return last;
  }
}
