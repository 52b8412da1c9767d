package dev.keepgate.model;

/** The layers, sizes or weights of a model do not fit each other. */
public final class InconsistentModelException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  public InconsistentModelException(String message) {
    super(message);
  }
}
