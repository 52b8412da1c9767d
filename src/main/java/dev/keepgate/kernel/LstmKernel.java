package dev.keepgate.kernel;

import dev.keepgate.model.Network;

/**
 * A way to compute recurrent networks; its models are compiled once and then serve any number of
 * workers.
 */
public interface LstmKernel {

  /** Its name in configuration, logs and metrics: {@code portable}, {@code reference}, ... */
  String name();

  /** Its name and what its speed depends on, in one line. */
  default String description() {
    return name();
  }

  /**
   * Lays a model's weights out for this kernel.
   *
   * @throws OutOfMemoryError if the weights do not fit
   */
  CompiledModel compile(Network network);

  /** Bytes that {@link #compile} will hold for a model of so many numbers. */
  long compiledBytes(long parameters);

  /** Working memory of one worker, reused from call to call. */
  Scratch newScratch();

  /** Working memory that belongs to one thread at a time. */
  interface Scratch extends AutoCloseable {
    @Override
    void close();
  }
}
