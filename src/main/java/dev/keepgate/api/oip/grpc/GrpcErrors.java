package dev.keepgate.api.oip.grpc;

import dev.keepgate.api.error.RequestError;
import dev.keepgate.inference.ErrorCode;
import dev.keepgate.inference.ErrorListener;
import dev.keepgate.listener.Listeners;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Words failures for gRPC: the status code that fits, and what went wrong. */
@Component
class GrpcErrors {

  private static final Logger log = LoggerFactory.getLogger(GrpcErrors.class);

  private static final Duration SOON = Duration.ofSeconds(1);

  /** Characters of a description. */
  private static final int MAX_DETAIL = 1000;

  private final Listeners<ErrorListener> listeners;

  GrpcErrors(Listeners<ErrorListener> listeners) {
    this.listeners = listeners;
  }

  /** The status of a call that failed; what a client caused by leaving is not our failure. */
  Status status(Throwable e) {
    Context call = Context.current();
    if (call.isCancelled()) {
      Deadline deadline = call.getDeadline();
      boolean late = deadline != null && deadline.isExpired();
      listeners.tell(listener -> listener.errorSent(late ? "deadline-exceeded" : "cancelled"));
      return late ? Status.DEADLINE_EXCEEDED : Status.CANCELLED;
    }
    if (e instanceof StatusRuntimeException refused) {
      listeners.tell(
          listener ->
              listener.errorSent(refused.getStatus().getCode().name().toLowerCase(Locale.ROOT)));
      return refused.getStatus();
    }
    RequestError failure = RequestError.of(e);
    Status.Code code = code(failure.code());
    if (code == Status.Code.INTERNAL) {
      log.error("A call failed", e);
    }
    listeners.tell(listener -> listener.errorSent(failure.code().slug()));
    return code.toStatus().withDescription(cut(failure.detail()) + retry(failure.retryAfter()));
  }

  /** Clients take only so much beside messages. */
  private static String cut(String detail) {
    return detail.length() <= MAX_DETAIL ? detail : detail.substring(0, MAX_DETAIL) + "…";
  }

  /** A call that is refused for who makes it. */
  Status refused(ErrorCode code, String detail) {
    listeners.tell(listener -> listener.errorSent(code.slug()));
    return code(code).toStatus().withDescription(cut(detail));
  }

  /** One more call than there may be at once. */
  Status tooManyCalls(int limit) {
    listeners.tell(listener -> listener.errorSent(ErrorCode.QUEUE_FULL.slug()));
    return Status.RESOURCE_EXHAUSTED.withDescription(
        "%,d calls are under way, as many as may be".formatted(limit) + retry(SOON));
  }

  private static String retry(@Nullable Duration after) {
    return after == null ? "" : "; try again in " + seconds(after);
  }

  static String seconds(Duration duration) {
    return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
  }

  private static Status.Code code(ErrorCode code) {
    return switch (code) {
      case INVALID_INPUT, INVALID_CONFIG, REQUEST_TOO_LARGE, MODEL_TOO_LARGE ->
          Status.Code.INVALID_ARGUMENT;
      case MODEL_NOT_FOUND,
          LABEL_NOT_FOUND,
          SEQUENCE_NOT_FOUND,
          SEQUENCE_EXPIRED,
          SEQUENCE_MODEL_GONE ->
          Status.Code.NOT_FOUND;
      case MODEL_NOT_AVAILABLE,
          MODEL_UNCHANGEABLE,
          NO_VERSION_LEFT,
          VERSION_EXISTS,
          VERSION_LABELLED,
          SEQUENCE_EXISTS,
          OUT_OF_STEP,
          CANNOT_STEP,
          CANNOT_FORECAST,
          CANNOT_DETECT,
          CANNOT_GENERATE,
          NOT_FINITE,
          MALFORMED_MODEL,
          UNSUPPORTED_MODEL ->
          Status.Code.FAILED_PRECONDITION;
      case UNAUTHENTICATED -> Status.Code.UNAUTHENTICATED;
      case ACCESS_DENIED -> Status.Code.PERMISSION_DENIED;
      case QUEUE_FULL,
          RATE_LIMITED,
          MEMORY_FULL,
          SEQUENCES_FULL,
          TOO_MANY_VERSIONS,
          TOO_MANY_LABELS,
          NO_MEMORY,
          STORAGE_FULL,
          SHARED_STORAGE_FULL ->
          Status.Code.RESOURCE_EXHAUSTED;
      case DRAINING,
          AUTHENTICATION_UNAVAILABLE,
          MODEL_LOADING,
          REPLICAS_UNAVAILABLE,
          SEQUENCES_UNAVAILABLE,
          STORAGE_READ_ONLY,
          STORAGE_MISSING,
          STORAGE_FAILURE ->
          Status.Code.UNAVAILABLE;
      case DEADLINE_EXCEEDED -> Status.Code.DEADLINE_EXCEEDED;
      case CANCELLED -> Status.Code.CANCELLED;
      case COMPUTATION_FAILED, INTERNAL -> Status.Code.INTERNAL;
    };
  }
}
