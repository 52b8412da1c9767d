package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;

/** Is told what becomes of sequences. Called on whatever thread did it, so it must be quick. */
public interface SequenceListener {

  /** Why a sequence is no more. */
  enum End {
    /** Its client said so. */
    DELETED,
    /** Nobody stepped it for too long. */
    EXPIRED,
    /** It made room for a new one. */
    EVICTED
  }

  /** A sequence was opened, imported or forked. */
  default void opened(ModelId model) {}

  /** A sequence took a step, or a chunk of so many. */
  default void stepped(ModelId model, int steps) {}

  /** A client asked for the last step again and was given its answer. */
  default void repeated(ModelId model) {}

  /** A sequence is no more. */
  default void ended(ModelId model, End end) {}

  /** A sequence was not opened, or a step not kept, because a bound is reached. */
  default void rejected(ModelId model) {}
}
