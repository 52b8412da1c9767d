package dev.keepgate.sequence;

import org.jspecify.annotations.Nullable;

/**
 * What a look for a sequence finds.
 *
 * @param sequence null where there is none
 * @param expired whether there was one that has expired
 */
record Lookup(@Nullable Sequence sequence, boolean expired) {

  static final Lookup UNKNOWN = new Lookup(null, false);
  static final Lookup EXPIRED = new Lookup(null, true);

  static Lookup of(Sequence sequence) {
    return new Lookup(sequence, false);
  }

  boolean isPresent() {
    return sequence != null;
  }

  /**
   * @throws SequenceException.Unknown if there is none
   * @throws SequenceException.Expired if there was one
   */
  Sequence orThrow(SequenceId id) {
    if (sequence != null) {
      return sequence;
    }
    throw expired ? new SequenceException.Expired(id) : new SequenceException.Unknown(id);
  }
}
