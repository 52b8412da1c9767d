package dev.keepgate.api.kafka;

/** What a record comes to. */
sealed interface StreamOutcome {

  /**
   * Its sequence took a step.
   *
   * @param state what is kept of its key from now on
   * @param answer the value of the record to write
   * @param model name and version that computed it
   * @param step how many steps the sequence has taken
   */
  record Stepped(byte[] state, byte[] answer, String model, long step) implements StreamOutcome {}

  /** Its sequence ended. */
  record Ended() implements StreamOutcome {}

  /** It is left out. */
  record Skipped(boolean isLate) implements StreamOutcome {}

  /**
   * It cannot be computed.
   *
   * @param reason a short code
   * @param detail for whoever looks into it
   */
  record Dead(String reason, String detail) implements StreamOutcome {}
}
