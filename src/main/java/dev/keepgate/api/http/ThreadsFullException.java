package dev.keepgate.api.http;

/** As many requests as may be computed at once are, and none ended in time. */
final class ThreadsFullException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ThreadsFullException() {
    super("as many requests as may be computed at once are", null, false, false);
  }
}
