package dev.keepgate.bench;

/** One way to compute a {@link Problem}, ready to run again and again; belongs to one thread. */
interface Peer extends AutoCloseable {

  /** Computes the problem: from the arrays of the request to arrays of the answer. */
  void run();

  /** What {@link #run} computed last: [batch, time, hidden]. */
  float[] output();

  @Override
  void close();
}
