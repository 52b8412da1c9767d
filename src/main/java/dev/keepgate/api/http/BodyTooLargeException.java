package dev.keepgate.api.http;

import java.io.IOException;

/** A request's body is larger than its path allows. */
public final class BodyTooLargeException extends IOException {

  private static final long serialVersionUID = 1L;

  public BodyTooLargeException(long limit) {
    super("the body is larger than the %,d bytes that are allowed here".formatted(limit));
  }
}
