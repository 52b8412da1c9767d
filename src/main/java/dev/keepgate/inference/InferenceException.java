package dev.keepgate.inference;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why a step or an unroll has no answer. */
public abstract sealed class InferenceException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private InferenceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Without a trace of the stack, for what there is much of under overload. */
  private InferenceException(String message) {
    super(message, null, false, false);
  }

  /**
   * A fault of one field of a request.
   *
   * @param field the field, in the caller's own terms
   * @param detail what was expected, and what came
   */
  public record FieldError(String field, String detail) {}

  /** The tensors do not fit the model, or each other. */
  public static final class InvalidInput extends InferenceException {
    private static final long serialVersionUID = 1L;
    private final transient List<FieldError> errors;

    public InvalidInput(List<FieldError> errors) {
      super("%s: %s".formatted(errors.get(0).field(), errors.get(0).detail()), null);
      this.errors = List.copyOf(errors);
    }

    public InvalidInput(String field, String detail) {
      this(List.of(new FieldError(field, detail)));
    }

    public List<FieldError> errors() {
      return errors;
    }
  }

  /** The model needs later steps to compute a step. */
  public static final class CannotStep extends InferenceException {
    private static final long serialVersionUID = 1L;

    CannotStep(String model) {
      super(
          "model " + model + " reads sequences backward as well, so it can unroll but not step",
          null);
    }
  }

  /** The request asks for more memory than one request may take. */
  public static final class TooLarge extends InferenceException {
    private static final long serialVersionUID = 1L;

    TooLarge(long needed, long limit) {
      super(
          "computing this takes %,d bytes, one request may take %,d; send fewer rows or steps"
              .formatted(needed, limit),
          null);
    }
  }

  /** The computation left the range of numbers. */
  public static final class NotFinite extends InferenceException {
    private static final long serialVersionUID = 1L;

    NotFinite(String what) {
      super(what, null);
    }
  }

  /** Too many requests wait. */
  public static final class Overloaded extends InferenceException {
    private static final long serialVersionUID = 1L;
    private final Duration retryAfter;

    Overloaded(String message, Duration retryAfter) {
      super(message);
      this.retryAfter = retryAfter;
    }

    public Duration retryAfter() {
      return retryAfter;
    }
  }

  /** The deadline passed first. */
  public static final class DeadlineExceeded extends InferenceException {
    private static final long serialVersionUID = 1L;

    DeadlineExceeded() {
      super("the deadline passed before the answer was ready");
    }
  }

  /** Whoever asked has gone. */
  public static final class CallerGone extends InferenceException {
    private static final long serialVersionUID = 1L;

    CallerGone() {
      super("the client left before the answer was ready");
    }
  }

  /** The server is shutting down. */
  public static final class ShuttingDown extends InferenceException {
    private static final long serialVersionUID = 1L;

    ShuttingDown(Throwable cause) {
      super("the server is shutting down", cause);
    }
  }

  /** The arithmetic failed. */
  public static final class Failed extends InferenceException {
    private static final long serialVersionUID = 1L;

    Failed(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** A sequence cannot be had, or not be stepped so. */
  public static final class SequenceRefused extends InferenceException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
      /** There is none of this id. */
      UNKNOWN,
      /** It has expired, or made room for others. */
      EXPIRED,
      /** Its model's version was taken away. */
      MODEL_GONE,
      /** Its id is taken. */
      EXISTS,
      /** The step's number does not follow the last one. */
      OUT_OF_STEP,
      /** A bound on sequences is reached. */
      FULL,
      /** The server is shutting down and opens none. */
      DRAINING,
      /** The store cannot be asked now. */
      UNAVAILABLE
    }

    private final Reason reason;
    private final Duration retryAfter;

    SequenceRefused(Reason reason, String message, Duration retryAfter, @Nullable Throwable cause) {
      super(message, cause);
      this.reason = reason;
      this.retryAfter = retryAfter;
    }

    public Reason reason() {
      return reason;
    }

    /** How long to wait before trying again, where that may help. */
    public Duration retryAfter() {
      return retryAfter;
    }
  }
}
