package dev.keepgate.api.error;

import dev.keepgate.inference.ErrorCode;
import dev.keepgate.inference.InferenceException;
import dev.keepgate.memory.MemoryFullException;
import dev.keepgate.memory.TooMuchMemoryException;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.security.RateLimitedException;
import dev.keepgate.tensor.TensorFormatException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request failed with, before it is worded for any protocol.
 *
 * @param code what it is
 * @param detail for people
 * @param fields those at fault; empty where none is
 * @param retryAfter how long to wait before trying again; null where that does not help
 */
public record RequestError(
    ErrorCode code, String detail, List<Field> fields, @Nullable Duration retryAfter) {

  private static final Duration SOON = Duration.ofSeconds(1);

  /**
   * One field's fault.
   *
   * @param pointer a JSON pointer into the request, or the name of a tensor, layer or parameter
   * @param detail what was expected, and what came
   */
  public record Field(String pointer, String detail) {}

  private static RequestError of(ErrorCode code, Exception e) {
    return new RequestError(code, String.valueOf(e.getMessage()), List.of(), null);
  }

  private RequestError at(List<Field> faults) {
    return new RequestError(code, detail, faults, retryAfter);
  }

  private RequestError retryAfter(Duration duration) {
    return new RequestError(code, detail, fields, duration);
  }

  /** What any exception comes to; a fault of the server's own where nothing else is known. */
  public static RequestError of(Throwable e) {
    if (e instanceof InferenceException inference) {
      return of(inference);
    } else if (e instanceof RegistryException registry) {
      return of(registry);
    } else if (e instanceof TensorFormatException tensor) {
      return of(tensor);
    } else if (e instanceof RateLimitedException limited) {
      return of(ErrorCode.RATE_LIMITED, limited).retryAfter(limited.retryAfter());
    } else if (e instanceof MemoryFullException full) {
      return of(ErrorCode.MEMORY_FULL, full).retryAfter(SOON);
    } else if (e instanceof TooMuchMemoryException tooMuch) {
      return of(ErrorCode.REQUEST_TOO_LARGE, tooMuch);
    }
    return new RequestError(ErrorCode.INTERNAL, "the server failed", List.of(), null);
  }

  private static RequestError of(TensorFormatException e) {
    String detail = e.pointer().isEmpty() ? e.detail() : e.pointer() + ": " + e.detail();
    return new RequestError(
        ErrorCode.INVALID_INPUT, detail, List.of(new Field(e.pointer(), e.detail())), null);
  }

  private static RequestError of(InferenceException e) {
    RequestError failure = of(e.code(), e);
    if (e instanceof InferenceException.InvalidInput invalid) {
      return failure.at(
          invalid.errors().stream()
              .map(error -> new Field(error.field(), error.detail()))
              .toList());
    } else if (e instanceof InferenceException.Overloaded overloaded) {
      return failure.retryAfter(overloaded.retryAfter());
    } else if (e instanceof InferenceException.SequenceRefused refused) {
      return switch (e.code()) {
        case SEQUENCES_FULL, DRAINING, SEQUENCES_UNAVAILABLE ->
            failure.retryAfter(refused.retryAfter());
        default -> failure;
      };
    }
    return e.code() == ErrorCode.DRAINING ? failure.retryAfter(SOON) : failure;
  }

  private static RequestError of(RegistryException e) {
    if (e instanceof RegistryException.Rejected rejected) {
      return of(rejected);
    } else if (e instanceof RegistryException.NotFound) {
      return of(ErrorCode.MODEL_NOT_FOUND, e);
    } else if (e instanceof RegistryException.NoLabel) {
      return of(ErrorCode.LABEL_NOT_FOUND, e);
    } else if (e instanceof RegistryException.VersionLabelled) {
      return of(ErrorCode.VERSION_LABELLED, e);
    } else if (e instanceof RegistryException.TooManyLabels) {
      return of(ErrorCode.TOO_MANY_LABELS, e);
    } else if (e instanceof RegistryException.NotAvailable notAvailable) {
      return notAvailable.isPassing()
          ? of(ErrorCode.MODEL_LOADING, e).retryAfter(SOON)
          : of(ErrorCode.MODEL_NOT_AVAILABLE, e);
    } else if (e instanceof RegistryException.VersionExists) {
      return of(ErrorCode.VERSION_EXISTS, e);
    } else if (e instanceof RegistryException.NoMemory) {
      return of(ErrorCode.NO_MEMORY, e);
    } else if (e instanceof RegistryException.TooManyVersions) {
      return of(ErrorCode.TOO_MANY_VERSIONS, e);
    } else if (e instanceof RegistryException.ReplicasUnavailable) {
      return of(ErrorCode.REPLICAS_UNAVAILABLE, e).retryAfter(SOON);
    } else if (e instanceof RegistryException.SharedStorageFull) {
      return of(ErrorCode.SHARED_STORAGE_FULL, e);
    } else if (e instanceof RegistryException.Unchangeable) {
      return of(ErrorCode.MODEL_UNCHANGEABLE, e);
    } else if (e instanceof RegistryException.NoNumberLeft) {
      return of(ErrorCode.NO_VERSION_LEFT, e);
    } else if (e instanceof RegistryException.StorageFailure failure) {
      return of(failure);
    }
    return of(ErrorCode.INTERNAL, e);
  }

  private static RequestError of(RegistryException.StorageFailure e) {
    return switch (e.fault()) {
      case FULL -> of(ErrorCode.STORAGE_FULL, e);
      case READ_ONLY -> of(ErrorCode.STORAGE_READ_ONLY, e);
      case MISSING -> of(ErrorCode.STORAGE_MISSING, e);
      case FAILED -> of(ErrorCode.STORAGE_FAILURE, e);
    };
  }

  private static RequestError of(RegistryException.Rejected e) {
    List<Field> faults =
        e.problems().stream().map(problem -> new Field(problem.where(), problem.detail())).toList();
    return switch (e.fault()) {
      case CONFIG -> of(ErrorCode.INVALID_CONFIG, e).at(faults);
      case TOO_LARGE -> of(ErrorCode.MODEL_TOO_LARGE, e).at(faults);
      case MALFORMED -> of(ErrorCode.MALFORMED_MODEL, e).at(faults);
      case UNSUPPORTED -> of(ErrorCode.UNSUPPORTED_MODEL, e).at(faults);
    };
  }
}
