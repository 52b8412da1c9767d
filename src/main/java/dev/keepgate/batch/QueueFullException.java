package dev.keepgate.batch;

/** As many requests wait as may wait. */
public final class QueueFullException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  QueueFullException(int capacity) {
    // Under overload they are many, and a trace of the stack would cost more than the answer.
    super("%d requests are waiting already".formatted(capacity), null, false, false);
  }
}
