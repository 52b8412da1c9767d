package dev.keepgate.batch;

/**
 * What waits in a queue: a task with rows that no worker has had yet, or a row that one gave back.
 */
sealed interface QueueEntry permits BatchTask, BatchSlot {

  BatchTask task();

  /** Rows that wait, or 1 for a task that is computed as a whole. */
  int rows();

  /** Whether the row must not share a batch, because the one it was in failed. */
  boolean alone();
}
