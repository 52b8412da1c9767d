package dev.keepgate.inference;

import java.util.Locale;

/** What is asked of a model. */
public enum Operation {
  /** One time step. */
  STEP,
  /** A whole sequence. */
  UNROLL;

  /** Its name in paths and metrics. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
