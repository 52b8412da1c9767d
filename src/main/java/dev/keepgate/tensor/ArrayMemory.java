package dev.keepgate.tensor;

/** The memory of arrays, which is asked for before they are made. */
@FunctionalInterface
public interface ArrayMemory {

  /** For readers whose input is small, or bounded elsewhere. */
  ArrayMemory UNBOUNDED = bytes -> {};

  /**
   * Memory is needed, or given back.
   *
   * @param bytes negative where they are given back
   */
  void change(long bytes);
}
