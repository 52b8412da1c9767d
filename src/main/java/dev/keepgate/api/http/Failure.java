package dev.keepgate.api.http;

import dev.keepgate.api.http.Problem.FieldProblem;
import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.inference.InferenceException;
import dev.keepgate.registry.RegistryException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * What a request failed with, before it is worded for any protocol.
 *
 * @param status the HTTP status that fits
 * @param slug one of a small fixed set, for clients and meters
 * @param detail for people
 * @param fields those at fault; empty where none is
 * @param retryAfter how long to wait before trying again; null where that does not help
 */
public record Failure(
    HttpStatus status,
    String slug,
    String detail,
    List<FieldProblem> fields,
    @Nullable Duration retryAfter) {

  private static final Duration SOON = Duration.ofSeconds(1);

  private static Failure of(HttpStatus status, String slug, Exception e) {
    return new Failure(status, slug, String.valueOf(e.getMessage()), List.of(), null);
  }

  private Failure at(List<FieldProblem> faults) {
    return new Failure(status, slug, detail, faults, retryAfter);
  }

  private Failure retryAfter(Duration duration) {
    return new Failure(status, slug, detail, fields, duration);
  }

  /** What any exception comes to; a fault of the server's own where nothing else is known. */
  public static Failure of(Throwable e) {
    if (e instanceof InferenceException inference) {
      return of(inference);
    } else if (e instanceof RegistryException registry) {
      return of(registry);
    } else if (e instanceof TensorFormatException tensor) {
      return of(tensor);
    }
    return new Failure(
        HttpStatus.INTERNAL_SERVER_ERROR, "internal", "the server failed", List.of(), null);
  }

  private static Failure of(TensorFormatException e) {
    String detail = e.pointer().isEmpty() ? e.detail() : e.pointer() + ": " + e.detail();
    return new Failure(
        HttpStatus.BAD_REQUEST,
        "invalid-input",
        detail,
        List.of(new FieldProblem(e.pointer(), e.detail())),
        null);
  }

  private static Failure of(InferenceException e) {
    if (e instanceof InferenceException.InvalidInput invalid) {
      return of(HttpStatus.BAD_REQUEST, "invalid-input", e)
          .at(
              invalid.errors().stream()
                  .map(error -> new FieldProblem(error.field(), error.detail()))
                  .toList());
    } else if (e instanceof InferenceException.Overloaded overloaded) {
      return of(HttpStatus.TOO_MANY_REQUESTS, "queue-full", e).retryAfter(overloaded.retryAfter());
    } else if (e instanceof InferenceException.CannotStep) {
      return of(HttpStatus.UNPROCESSABLE_CONTENT, "cannot-step", e);
    } else if (e instanceof InferenceException.NotFinite) {
      return of(HttpStatus.UNPROCESSABLE_CONTENT, "not-finite", e);
    } else if (e instanceof InferenceException.TooLarge) {
      return of(HttpStatus.CONTENT_TOO_LARGE, "request-too-large", e);
    } else if (e instanceof InferenceException.DeadlineExceeded) {
      return of(HttpStatus.GATEWAY_TIMEOUT, "deadline-exceeded", e);
    } else if (e instanceof InferenceException.ShuttingDown) {
      return of(HttpStatus.SERVICE_UNAVAILABLE, "draining", e).retryAfter(SOON);
    } else if (e instanceof InferenceException.SequenceRefused refused) {
      return of(refused);
    }
    return of(HttpStatus.INTERNAL_SERVER_ERROR, "computation-failed", e);
  }

  private static Failure of(InferenceException.SequenceRefused e) {
    Duration retryAfter = e.retryAfter();
    return switch (e.reason()) {
      case UNKNOWN -> of(HttpStatus.NOT_FOUND, "sequence-not-found", e);
      case EXPIRED -> of(HttpStatus.GONE, "sequence-expired", e);
      case MODEL_GONE -> of(HttpStatus.GONE, "sequence-model-gone", e);
      case EXISTS -> of(HttpStatus.CONFLICT, "sequence-exists", e);
      case OUT_OF_STEP -> of(HttpStatus.CONFLICT, "out-of-step", e);
      case FULL -> of(HttpStatus.TOO_MANY_REQUESTS, "sequences-full", e).retryAfter(retryAfter);
      case DRAINING -> of(HttpStatus.SERVICE_UNAVAILABLE, "draining", e).retryAfter(retryAfter);
      case UNAVAILABLE ->
          of(HttpStatus.SERVICE_UNAVAILABLE, "sequences-unavailable", e).retryAfter(retryAfter);
    };
  }

  private static Failure of(RegistryException e) {
    if (e instanceof RegistryException.Rejected rejected) {
      return of(rejected);
    } else if (e instanceof RegistryException.NotFound) {
      return of(HttpStatus.NOT_FOUND, "model-not-found", e);
    } else if (e instanceof RegistryException.NotAvailable notAvailable) {
      return notAvailable.isPassing()
          ? of(HttpStatus.SERVICE_UNAVAILABLE, "model-loading", e).retryAfter(SOON)
          : of(HttpStatus.CONFLICT, "model-not-available", e);
    } else if (e instanceof RegistryException.VersionExists) {
      return of(HttpStatus.CONFLICT, "version-exists", e);
    } else if (e instanceof RegistryException.NoMemory) {
      return of(HttpStatus.INSUFFICIENT_STORAGE, "no-memory", e);
    } else if (e instanceof RegistryException.TooManyVersions) {
      return of(HttpStatus.INSUFFICIENT_STORAGE, "too-many-versions", e);
    } else if (e instanceof RegistryException.ReplicasUnavailable) {
      return of(HttpStatus.SERVICE_UNAVAILABLE, "replicas-unavailable", e).retryAfter(SOON);
    } else if (e instanceof RegistryException.SharedStorageFull) {
      return of(HttpStatus.INSUFFICIENT_STORAGE, "shared-storage-full", e);
    }
    return of(HttpStatus.INTERNAL_SERVER_ERROR, "storage-failure", e);
  }

  private static Failure of(RegistryException.Rejected e) {
    List<FieldProblem> faults =
        e.problems().stream()
            .map(problem -> new FieldProblem(problem.where(), problem.detail()))
            .toList();
    return switch (e.fault()) {
      case CONFIG -> of(HttpStatus.BAD_REQUEST, "invalid-config", e).at(faults);
      case TOO_LARGE -> of(HttpStatus.CONTENT_TOO_LARGE, "model-too-large", e).at(faults);
      case MALFORMED -> of(HttpStatus.UNPROCESSABLE_CONTENT, "malformed-model", e).at(faults);
      case UNSUPPORTED -> of(HttpStatus.UNPROCESSABLE_CONTENT, "unsupported-model", e).at(faults);
    };
  }
}
