package dev.keepgate.batch;

import dev.keepgate.kernel.StepRow;
import dev.keepgate.model.NetworkOutput;

/** A row of a task: in a worker's batch, or waiting for its next turn. */
final class BatchSlot extends StepRow implements QueueEntry {

  private final BatchTask task;
  private final boolean alone;

  /**
   * @param row which of the task's
   * @param output where its outputs and its state go
   * @param alone whether it must not share a batch, because the one it was in failed
   */
  BatchSlot(BatchTask task, int row, NetworkOutput output, boolean alone) {
    super(task.input(), row, output, task.returnSequences(), task.feedback().known(row));
    this.task = task;
    this.alone = alone;
  }

  @Override
  public BatchTask task() {
    return task;
  }

  @Override
  public int rows() {
    return 1;
  }

  @Override
  public boolean alone() {
    return alone;
  }

  /** Whether its next step's input has to be made of what it gave last. */
  boolean lacksInput() {
    return position() == steps() && !isFinished();
  }

  /** Makes its next step's input, if it goes on. */
  void feed() {
    if (task.feedback().ends(row(), position())) {
      end();
    } else {
      task.feed(this);
      extend();
    }
  }

  /** The same row from its first step, for a batch of its own. */
  BatchSlot restartAlone() {
    return new BatchSlot(task, row(), into(), true);
  }
}
