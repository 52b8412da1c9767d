package dev.keepgate.api.oip;

import dev.keepgate.api.http.Failure;
import dev.keepgate.api.http.ProblemListener;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Words failures for gRPC: the status code that fits, and what went wrong. */
@Component
class GrpcErrors {

  private static final Logger log = LoggerFactory.getLogger(GrpcErrors.class);

  private final ProblemListener listener;

  GrpcErrors(ProblemListener listener) {
    this.listener = listener;
  }

  /** The status of a call that failed; what a client caused by leaving is not our failure. */
  Status status(Throwable e) {
    Context call = Context.current();
    if (call.isCancelled()) {
      Deadline deadline = call.getDeadline();
      boolean late = deadline != null && deadline.isExpired();
      listener.problem(late ? "deadline-exceeded" : "cancelled");
      return late ? Status.DEADLINE_EXCEEDED : Status.CANCELLED;
    }
    Failure failure = Failure.of(e);
    if (failure.status() == HttpStatus.INTERNAL_SERVER_ERROR) {
      log.error("A call failed", e);
    }
    listener.problem(failure.slug());
    return code(failure.status()).toStatus().withDescription(failure.detail());
  }

  private static Status.Code code(HttpStatus status) {
    return switch (status) {
      case BAD_REQUEST, CONTENT_TOO_LARGE -> Status.Code.INVALID_ARGUMENT;
      case NOT_FOUND, GONE -> Status.Code.NOT_FOUND;
      case CONFLICT, UNPROCESSABLE_CONTENT -> Status.Code.FAILED_PRECONDITION;
      case TOO_MANY_REQUESTS, INSUFFICIENT_STORAGE -> Status.Code.RESOURCE_EXHAUSTED;
      case SERVICE_UNAVAILABLE -> Status.Code.UNAVAILABLE;
      case GATEWAY_TIMEOUT -> Status.Code.DEADLINE_EXCEEDED;
      default -> Status.Code.INTERNAL;
    };
  }
}
