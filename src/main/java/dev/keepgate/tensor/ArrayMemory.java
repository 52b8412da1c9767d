package dev.keepgate.tensor;

/** Is asked for the memory of arrays before they are made. */
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
