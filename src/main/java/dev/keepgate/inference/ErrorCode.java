package dev.keepgate.inference;

import dev.keepgate.sequence.SequenceException;
import java.util.Locale;

/** Everything that a request can fail with, once for all protocols. */
public enum ErrorCode {
  INVALID_INPUT,
  INVALID_CONFIG,
  CANNOT_STEP,

  /** The model does not go on by its own answers. */
  CANNOT_FORECAST,

  /** The model's answers do not tell what is not usual. */
  CANNOT_DETECT,

  /** The model does not go on with a text. */
  CANNOT_GENERATE,
  NOT_FINITE,
  REQUEST_TOO_LARGE,

  /** Nobody has said who asks, or nobody is known by what was said. */
  UNAUTHENTICATED,

  /** What would say who asks cannot be asked. */
  AUTHENTICATION_UNAVAILABLE,

  /** Who asks may not. */
  ACCESS_DENIED,

  /** Who asks has asked for more than they may. */
  RATE_LIMITED,
  MODEL_TOO_LARGE,
  QUEUE_FULL,
  MEMORY_FULL,
  DEADLINE_EXCEEDED,
  CANCELLED,
  DRAINING,
  COMPUTATION_FAILED,
  MODEL_NOT_FOUND,
  MODEL_LOADING,
  MODEL_NOT_AVAILABLE,
  LABEL_NOT_FOUND,
  VERSION_EXISTS,
  VERSION_LABELLED,
  MODEL_UNCHANGEABLE,
  NO_VERSION_LEFT,
  TOO_MANY_VERSIONS,
  TOO_MANY_LABELS,
  NO_MEMORY,
  MALFORMED_MODEL,
  UNSUPPORTED_MODEL,
  REPLICAS_UNAVAILABLE,
  SHARED_STORAGE_FULL,
  STORAGE_FULL,
  STORAGE_READ_ONLY,
  STORAGE_MISSING,
  STORAGE_FAILURE,
  SEQUENCE_NOT_FOUND,
  SEQUENCE_EXPIRED,
  SEQUENCE_MODEL_GONE,
  SEQUENCE_EXISTS,
  OUT_OF_STEP,
  SEQUENCES_FULL,
  SEQUENCES_UNAVAILABLE,
  INTERNAL;

  /** Its name in problem documents and meters. */
  public String slug() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static ErrorCode of(SequenceException e) {
    if (e instanceof SequenceException.Unknown) {
      return SEQUENCE_NOT_FOUND;
    } else if (e instanceof SequenceException.Expired) {
      return SEQUENCE_EXPIRED;
    } else if (e instanceof SequenceException.Exists) {
      return SEQUENCE_EXISTS;
    } else if (e instanceof SequenceException.Full) {
      return SEQUENCES_FULL;
    }
    return SEQUENCES_UNAVAILABLE;
  }
}
