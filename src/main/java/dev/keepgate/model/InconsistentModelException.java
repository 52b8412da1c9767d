package dev.keepgate.model;

/** The layers, sizes or weights of a model do not fit each other. */
public final class InconsistentModelException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  public InconsistentModelException(String message) {
    super(message);
  }

  /** None: the message names the node, and a search for what fits is refused thousands of times. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
