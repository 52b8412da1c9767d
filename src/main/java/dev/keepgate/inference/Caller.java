package dev.keepgate.inference;

/** Whoever asked, and waits for the answer. */
@FunctionalInterface
public interface Caller {

  /** One whose leaving interrupts the request's thread, or is not known. */
  Caller STAYS = () -> false;

  /** Whether nobody waits any more. Asked on the request's own thread, now and then. */
  boolean isGone();
}
