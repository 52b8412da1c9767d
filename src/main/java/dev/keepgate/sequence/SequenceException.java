package dev.keepgate.sequence;

import org.jspecify.annotations.Nullable;

/** Why a store does not do what it was asked. */
public abstract sealed class SequenceException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private SequenceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** There is none of this id, and none is remembered. */
  public static final class Unknown extends SequenceException {
    private static final long serialVersionUID = 1L;

    Unknown(SequenceId id) {
      super("there is no sequence " + id, null);
    }
  }

  /** There was one, but nobody stepped it for too long. */
  public static final class Expired extends SequenceException {
    private static final long serialVersionUID = 1L;

    Expired(SequenceId id) {
      super("sequence " + id + " has expired", null);
    }
  }

  /** There is one of this id already. */
  public static final class Exists extends SequenceException {
    private static final long serialVersionUID = 1L;

    Exists(SequenceId id) {
      super("there is a sequence " + id + " already", null);
    }
  }

  /** A bound is reached. */
  public static final class Full extends SequenceException {
    private static final long serialVersionUID = 1L;
    private final Bound bound;

    /** Whose bound. */
    enum Bound {
      /** Of all sequences. */
      ALL,
      /** Of one model's: ending others' would not help. */
      MODEL,
      /** Of one owner's, who has to end some. */
      OWNER
    }

    Full(String message) {
      this(message, Bound.ALL);
    }

    Full(String message, Bound bound) {
      super(message, null);
      this.bound = bound;
    }

    static Full ofOwner(int maxOfOwner) {
      return new Full(
          "you have %,d open sequences, as many as you may; end some".formatted(maxOfOwner),
          Bound.OWNER);
    }

    Bound bound() {
      return bound;
    }
  }

  /** The store cannot be asked now; whether it did what it was asked is not known. */
  public static final class Unavailable extends SequenceException {
    private static final long serialVersionUID = 1L;

    Unavailable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
