package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.InvalidInput;

/**
 * The number of a sequence's step: how many it has taken then. Every protocol says the same ones,
 * up to the last that all readers of JSON keep apart from its neighbours.
 */
public final class StepNumber {

  /** The last step that a sequence can take: 2^53 - 1. */
  public static final long MAX = (1L << 53) - 1;

  /** The most that may lie behind a sequence that is opened: it can be stepped. */
  public static final long MAX_BEHIND = MAX - 1;

  private StepNumber() {}

  /**
   * The number as it is.
   *
   * @param field what the caller calls it
   * @throws InvalidInput if no sequence can have a step of this number
   */
  public static long require(String field, long number) {
    if (number < 0 || number > MAX) {
      throw new InvalidInput(field, "expected 0 to %d, got %d".formatted(MAX, number));
    }
    return number;
  }
}
