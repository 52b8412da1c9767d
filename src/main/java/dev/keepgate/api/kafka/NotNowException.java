package dev.keepgate.api.kafka;

/** A record cannot be computed now: it stays where it is, and those behind it wait. */
final class NotNowException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean isOverload;

  /**
   * @param isOverload whether the server has too much to do, which passes by itself
   */
  NotNowException(String why, boolean isOverload) {
    super(why, null, false, false);
    this.isOverload = isOverload;
  }

  boolean isOverload() {
    return isOverload;
  }
}
