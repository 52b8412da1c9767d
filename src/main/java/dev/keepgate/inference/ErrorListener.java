package dev.keepgate.inference;

/** Is told which errors clients were sent, by whichever protocol. */
public interface ErrorListener {

  /**
   * An error was sent.
   *
   * @param slug its kind; one of a small fixed set
   */
  void errorSent(String slug);
}
