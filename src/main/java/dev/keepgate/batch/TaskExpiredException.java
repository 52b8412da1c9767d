package dev.keepgate.batch;

/** A task's deadline passed before a worker came to it. */
public final class TaskExpiredException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  TaskExpiredException() {
    // Under overload they are many, and a trace of the stack would cost more than the answer.
    super("the deadline passed in the queue", null, false, false);
  }
}
