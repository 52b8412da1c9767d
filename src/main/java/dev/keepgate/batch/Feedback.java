package dev.keepgate.batch;

import dev.keepgate.model.NetworkInput;

/**
 * Makes a row's next input of what it has just given, so that a network goes on by its own outputs.
 * Called on workers, so it must be quick; rows may be with several workers at once.
 */
public interface Feedback {

  /** Of requests that bring all their inputs. */
  Feedback NONE =
      new Feedback() {
        @Override
        public int known(int row) {
          return Integer.MAX_VALUE;
        }

        @Override
        public void feed(NetworkInput input, int row, int step, float[] outputs, int offset) {
          throw new IllegalStateException("all inputs are known");
        }
      };

  /**
   * How many of a row's first steps have their input; 1 at least.
   *
   * @param row which of the request
   */
  int known(int row);

  /**
   * Whether a row ends before a step, although it might have more. Asked before its input is made.
   *
   * @param row which of the request
   * @param step from 0
   */
  default boolean ends(int row, int step) {
    return false;
  }

  /**
   * Writes the input of a step.
   *
   * @param input of the request; only the step's own numbers are written
   * @param row which of the request
   * @param step from 0
   * @param outputs of the request
   * @param offset where the output of the step before begins; where the request is answered its
   *     last step only, the next step's takes its place
   */
  void feed(NetworkInput input, int row, int step, float[] outputs, int offset);
}
