package dev.keepgate.batch;

/** Is told of a request's steps as they are computed. Called on workers, so it must not wait. */
public interface StepListener {

  /** For requests whose steps nobody follows. */
  StepListener NONE = (row, step, output, offset) -> {};

  /**
   * A row has taken a step. Not called where the model is computed as a whole.
   *
   * @param row which of the request
   * @param step from 0
   * @param output what the request will be answered; later steps are not in it yet
   * @param offset where the step's own numbers begin in it
   */
  void stepped(int row, int step, float[] output, int offset);
}
