package dev.keepgate.kernel.backend;

/** The arithmetic cannot run here; the message is one line that says what is missing. */
public final class BackendException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  BackendException(String message) {
    super(message);
  }

  BackendException(String message, Throwable cause) {
    super(message, cause);
  }
}
