package dev.keepgate.api.http;

import dev.keepgate.inference.ErrorCode;
import org.springframework.http.HttpStatus;

/** The HTTP status of every error. */
public final class HttpStatuses {

  private HttpStatuses() {}

  /** Of all but {@link ErrorCode#CANCELLED}, for which HTTP has no word. */
  public static HttpStatus of(ErrorCode code) {
    return switch (code) {
      case INVALID_INPUT, INVALID_CONFIG -> HttpStatus.BAD_REQUEST;
      case MODEL_NOT_FOUND, LABEL_NOT_FOUND, SEQUENCE_NOT_FOUND -> HttpStatus.NOT_FOUND;
      case MODEL_NOT_AVAILABLE,
          MODEL_UNCHANGEABLE,
          NO_VERSION_LEFT,
          VERSION_EXISTS,
          VERSION_LABELLED,
          SEQUENCE_EXISTS,
          OUT_OF_STEP ->
          HttpStatus.CONFLICT;
      case SEQUENCE_EXPIRED, SEQUENCE_MODEL_GONE -> HttpStatus.GONE;
      case REQUEST_TOO_LARGE, MODEL_TOO_LARGE -> HttpStatus.CONTENT_TOO_LARGE;
      case CANNOT_STEP,
          CANNOT_FORECAST,
          CANNOT_DETECT,
          CANNOT_GENERATE,
          NOT_FINITE,
          MALFORMED_MODEL,
          UNSUPPORTED_MODEL ->
          HttpStatus.UNPROCESSABLE_CONTENT;
      case UNAUTHENTICATED -> HttpStatus.UNAUTHORIZED;
      case ACCESS_DENIED -> HttpStatus.FORBIDDEN;
      case QUEUE_FULL, MEMORY_FULL, SEQUENCES_FULL, RATE_LIMITED -> HttpStatus.TOO_MANY_REQUESTS;
      case STORAGE_READ_ONLY, STORAGE_MISSING, STORAGE_FAILURE -> HttpStatus.SERVICE_UNAVAILABLE;
      case AUTHENTICATION_UNAVAILABLE -> HttpStatus.SERVICE_UNAVAILABLE;
      case DRAINING, MODEL_LOADING, REPLICAS_UNAVAILABLE, SEQUENCES_UNAVAILABLE, CANCELLED ->
          HttpStatus.SERVICE_UNAVAILABLE;
      case DEADLINE_EXCEEDED -> HttpStatus.GATEWAY_TIMEOUT;
      case TOO_MANY_VERSIONS, TOO_MANY_LABELS, NO_MEMORY, STORAGE_FULL, SHARED_STORAGE_FULL ->
          HttpStatus.INSUFFICIENT_STORAGE;
      case COMPUTATION_FAILED, INTERNAL -> HttpStatus.INTERNAL_SERVER_ERROR;
    };
  }
}
