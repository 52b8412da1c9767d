package dev.keepgate.kernel;

/**
 * Sequences that go through one model together, a step at a time; they may join and leave between
 * any two steps (cellular batching: Gao et al., "Low Latency RNN Inference with Cellular Batching",
 * EuroSys 2018). Belongs to one thread.
 *
 * <p>A row's numbers do not depend on which other rows are there, beyond the rounding of sums in
 * another order.
 */
public interface StepBatch extends AutoCloseable {

  /** How many rows there may be. */
  int capacity();

  /** How many rows there are. */
  int rows();

  /**
   * Takes a row in, with the state its request came with or that it left another batch with.
   *
   * @throws IllegalStateException if the batch is full
   */
  void join(StepRow row);

  /** Takes every row one step on. No row may be finished. */
  void step();

  /**
   * Takes every row on: by a few steps where that is faster than one by one, but by none past the
   * last of any row. No row may be finished.
   *
   * @param idleThreads who may take a part of it
   * @return how many steps
   */
  default int advance(IdleThreads idleThreads) {
    step();
    return 1;
  }

  /**
   * Lets a row go, finished or not, and writes its state where it wants it.
   *
   * @throws IllegalArgumentException if the row is not here
   */
  void leave(StepRow row);

  /** Frees what the batch holds, the model closed or not; rows that are still here are dropped. */
  @Override
  void close();
}
