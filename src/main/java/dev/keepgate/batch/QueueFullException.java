package dev.keepgate.batch;

/** As many requests wait as may wait. */
public final class QueueFullException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  QueueFullException(int capacity) {
    super("%d requests are waiting already".formatted(capacity));
  }
}
