package dev.keepgate.inference;

/** Is told of the records of streams. */
public interface StreamListener {

  /** What became of a record. */
  enum Outcome {
    /** Its sequence took a step. */
    STEPPED,
    /** Its sequence ended. */
    ENDED,
    /** It was older than its sequence's last, and left out. */
    LATE,
    /** It was there before, and left out. */
    REPEATED
  }

  /** A record was taken care of, in a transaction that is not committed yet. */
  void record(String binding, Outcome outcome);

  /**
   * A record could not be computed.
   *
   * @param reason one of a few
   */
  void deadLetter(String binding, String reason);

  /** States were read back from their topic. */
  void restored(String binding, long states);
}
