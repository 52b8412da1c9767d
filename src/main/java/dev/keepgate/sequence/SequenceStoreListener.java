package dev.keepgate.sequence;

import java.time.Duration;

/** Is told what a store was asked. Called on the thread that asked, so it must be quick. */
public interface SequenceStoreListener {

  /** What a store may be asked: its methods. */
  enum Operation {
    CREATE,
    FIND,
    REPLACE,
    REMOVE,
    LIST,
    COUNT,
    USAGE
  }

  /** What came of it. */
  enum Outcome {
    /** It did what it was asked. */
    SUCCESS,
    /** It answered that it cannot: no such sequence, no room, another change came first. */
    REFUSED,
    /** It did not answer, or not so that it could be understood. */
    ERROR
  }

  /** The store was asked. */
  void asked(Operation operation, Outcome outcome, Duration took);
}
