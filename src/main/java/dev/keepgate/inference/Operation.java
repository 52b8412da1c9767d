package dev.keepgate.inference;

import java.util.Locale;

/** What is asked of a model. */
public enum Operation {
  /** One time step. */
  STEP,
  /** A whole sequence. */
  UNROLL,
  /** A sequence, and the steps that follow from it. */
  FORECAST,
  /** How far answers are off. */
  DETECT,
  /** A text, and the tokens that follow from it. */
  GENERATE;

  /** Whether a sequence of which it is asked goes on by it. */
  boolean isStep() {
    return this == STEP || this == UNROLL;
  }

  /** Its name in paths and metrics. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
