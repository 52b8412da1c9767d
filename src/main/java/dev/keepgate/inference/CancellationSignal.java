package dev.keepgate.inference;

/** Whether a request's client has gone, so that nobody waits for the answer. */
@FunctionalInterface
public interface CancellationSignal {

  /** Of a client whose leaving interrupts the request's thread, or is not known. */
  CancellationSignal NONE = () -> false;

  /** Whether nobody waits any more. Asked on the request's own thread, now and then. */
  boolean isCancelled();
}
