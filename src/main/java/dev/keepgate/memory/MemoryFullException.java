package dev.keepgate.memory;

/** Other requests hold the memory that one needs, and none gave it back in time. */
public final class MemoryFullException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public MemoryFullException() {
    // Under overload they are many, and a trace of the stack would cost more than the answer.
    super("other requests hold the memory that this one needs", null, false, false);
  }
}
