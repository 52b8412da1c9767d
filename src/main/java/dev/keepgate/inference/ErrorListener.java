package dev.keepgate.api.http;

/** Is told which problems clients were sent. */
public interface ProblemListener {

  /**
   * A problem was sent.
   *
   * @param slug the end of its type; one of a small fixed set
   */
  void problem(String slug);
}
