package dev.keepgate.inference;

import java.io.IOException;

/** Takes the steps of an unroll as they are computed, on the request's own thread. */
public interface StepSink {

  /**
   * Steps are there. May wait, for a client that reads slowly.
   *
   * @param result with all its outputs' room; steps from {@code to} on are not in it yet, nor is
   *     the state
   * @param from the first step that is new
   * @param to after the last step that is there
   * @throws IOException if nobody takes them any more; then the rest is not computed
   */
  void steps(InferenceResult result, int from, int to) throws IOException;
}
