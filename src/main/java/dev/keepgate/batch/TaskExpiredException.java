package dev.keepgate.batch;

/** A task's deadline passed before a lane came to it. */
public final class TaskExpiredException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  TaskExpiredException() {
    super("the deadline passed in the queue");
  }
}
