package dev.keepgate.registry;

import dev.keepgate.model.ModelId;

/** Is told what passes between replicas. What it throws is its own fault. */
public interface ReplicaListener {

  /** What became of a version on this replica, by another's doing or for the others' sake. */
  enum Event {
    /** It was made known to the others. */
    ANNOUNCED,
    /** It came from another. */
    FETCHED,
    /** It could not be had; it is tried again. */
    FETCH_FAILED,
    /** It went, because another took it away. */
    REMOVED,
    /** Another of its number is what all agree on; its files were put aside. */
    DISPLACED
  }

  /**
   * @param bytes that went to the catalog or came from it
   */
  default void happened(ModelId id, Event event, long bytes) {}

  /** This replica compared itself with the others, or could not. */
  default void reconciled(boolean success) {}
}
