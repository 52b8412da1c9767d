package dev.keepgate.batch;

import dev.keepgate.kernel.StepRow;

/**
 * A row of a request, waiting or in a lane's batch.
 *
 * @param alone whether it must not share a batch, because the one it was in failed
 */
record Seat(Submission submission, StepRow row, boolean alone) {

  /** The same row from its first step, for a batch of its own. */
  Seat restartAlone() {
    return new Seat(submission, row.restart(), true);
  }
}
