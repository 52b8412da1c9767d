package dev.keepgate.inference;

import dev.keepgate.model.Signature;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why a step or an unroll has no answer. */
public abstract sealed class InferenceException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  private InferenceException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** Without a trace of the stack, for what there is much of under overload. */
  private InferenceException(ErrorCode code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  public ErrorCode code() {
    return code;
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
      super(
          ErrorCode.INVALID_INPUT,
          "%s: %s".formatted(errors.get(0).field(), errors.get(0).detail()),
          null);
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

    CannotStep(String model, Signature signature) {
      super(
          ErrorCode.CANNOT_STEP,
          "model %s can unroll but not step: %s".formatted(model, signature.inside().whole()),
          null);
    }
  }

  /** The model does not go on by its own answers. */
  public static final class CannotForecast extends InferenceException {
    private static final long serialVersionUID = 1L;

    private final String why;

    CannotForecast(String why) {
      super(ErrorCode.CANNOT_FORECAST, "this model does not forecast: " + why, null);
      this.why = why;
    }

    String why() {
      return why;
    }
  }

  /** The model's answers do not tell what is not usual. */
  public static final class CannotDetect extends InferenceException {
    private static final long serialVersionUID = 1L;

    CannotDetect(String why) {
      super(ErrorCode.CANNOT_DETECT, "this model does not tell what is not usual: " + why, null);
    }
  }

  /** The model does not go on with a text. */
  public static final class CannotGenerate extends InferenceException {
    private static final long serialVersionUID = 1L;

    CannotGenerate(String why) {
      super(ErrorCode.CANNOT_GENERATE, "this model does not generate: " + why, null);
    }
  }

  /** The request asks for more memory than one request may take. */
  public static final class TooLarge extends InferenceException {
    private static final long serialVersionUID = 1L;

    TooLarge(long needed, long limit) {
      super(
          ErrorCode.REQUEST_TOO_LARGE,
          "this takes %,d bytes of memory, one request may take %,d; ask for fewer rows, steps or samples"
              .formatted(needed, limit),
          null);
    }
  }

  /** The computation left the range of numbers. */
  public static final class NotFinite extends InferenceException {
    private static final long serialVersionUID = 1L;

    public NotFinite(String what) {
      super(ErrorCode.NOT_FINITE, what, null);
    }
  }

  /** Too many requests wait, or they hold all memory. */
  public static final class Overloaded extends InferenceException {
    private static final long serialVersionUID = 1L;
    private final Duration retryAfter;

    Overloaded(ErrorCode code, String message, Duration retryAfter) {
      super(code, message);
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
      super(ErrorCode.DEADLINE_EXCEEDED, "the deadline passed before the answer was ready");
    }
  }

  /** Whoever asked has gone. */
  public static final class Cancelled extends InferenceException {
    private static final long serialVersionUID = 1L;

    Cancelled() {
      super(ErrorCode.CANCELLED, "the client left before the answer was ready");
    }
  }

  /** The server is shutting down. */
  public static final class ShuttingDown extends InferenceException {
    private static final long serialVersionUID = 1L;

    ShuttingDown(Throwable cause) {
      super(ErrorCode.DRAINING, "the server is shutting down", cause);
    }
  }

  /** The arithmetic failed. */
  public static final class Failed extends InferenceException {
    private static final long serialVersionUID = 1L;

    Failed(Throwable cause) {
      super(ErrorCode.COMPUTATION_FAILED, "the computation failed", cause);
    }
  }

  /** A sequence cannot be had, or not be stepped so. */
  public static final class SequenceRefused extends InferenceException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    SequenceRefused(
        ErrorCode code, String message, Duration retryAfter, @Nullable Throwable cause) {
      super(code, message, cause);
      this.retryAfter = retryAfter;
    }

    /** How long to wait before trying again, where that may help. */
    public Duration retryAfter() {
      return retryAfter;
    }
  }
}
