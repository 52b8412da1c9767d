package dev.keepgate.api.http;

import dev.keepgate.api.http.Problem.FieldProblem;
import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.inference.InferenceException;
import dev.keepgate.registry.RegistryException;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.CharConversionException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.catalina.connector.ClientAbortException;
import org.apache.coyote.BadRequestException;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.apache.tomcat.util.http.fileupload.FileUploadException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springdoc.api.OpenApiResourceNotFoundException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.multipart.MaxUploadSizeExceededException;
import org.springframework.web.multipart.MultipartException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;

/** Turns whatever a request failed with into one problem document. */
@RestControllerAdvice
class Problems {

  private static final Logger log = LoggerFactory.getLogger(Problems.class);
  private static final String RETRY_SOON = "1";

  private final ErrorAnswers answers;

  Problems(ErrorAnswers answers) {
    this.answers = answers;
  }

  @ExceptionHandler
  void inference(InferenceException e, HttpServletResponse response) throws IOException {
    if (e instanceof InferenceException.InvalidInput invalid) {
      send(
          Problem.of(
              HttpStatus.BAD_REQUEST,
              "invalid-input",
              e.getMessage(),
              invalid.errors().stream()
                  .map(error -> new FieldProblem(error.field(), error.detail()))
                  .toList()),
          response);
    } else if (e instanceof InferenceException.Overloaded overloaded) {
      retryAfter(overloaded.retryAfter(), response);
      send(HttpStatus.TOO_MANY_REQUESTS, "queue-full", e, response);
    } else if (e instanceof InferenceException.CannotStep) {
      send(HttpStatus.UNPROCESSABLE_CONTENT, "cannot-step", e, response);
    } else if (e instanceof InferenceException.NotFinite) {
      send(HttpStatus.UNPROCESSABLE_CONTENT, "not-finite", e, response);
    } else if (e instanceof InferenceException.TooLarge) {
      send(HttpStatus.CONTENT_TOO_LARGE, "request-too-large", e, response);
    } else if (e instanceof InferenceException.DeadlineExceeded) {
      send(HttpStatus.GATEWAY_TIMEOUT, "deadline-exceeded", e, response);
    } else if (e instanceof InferenceException.SequenceRefused refused) {
      sequence(refused, response);
    } else {
      log.error("A computation failed", e);
      send(HttpStatus.INTERNAL_SERVER_ERROR, "computation-failed", e, response);
    }
  }

  private void sequence(InferenceException.SequenceRefused e, HttpServletResponse response)
      throws IOException {
    Refusal refusal =
        switch (e.reason()) {
          case UNKNOWN -> new Refusal(HttpStatus.NOT_FOUND, "sequence-not-found", false);
          case EXPIRED -> new Refusal(HttpStatus.GONE, "sequence-expired", false);
          case MODEL_GONE -> new Refusal(HttpStatus.GONE, "sequence-model-gone", false);
          case EXISTS -> new Refusal(HttpStatus.CONFLICT, "sequence-exists", false);
          case OUT_OF_STEP -> new Refusal(HttpStatus.CONFLICT, "out-of-step", false);
          case FULL -> new Refusal(HttpStatus.TOO_MANY_REQUESTS, "sequences-full", true);
          case DRAINING -> new Refusal(HttpStatus.SERVICE_UNAVAILABLE, "draining", true);
          case UNAVAILABLE ->
              new Refusal(HttpStatus.SERVICE_UNAVAILABLE, "sequences-unavailable", true);
        };
    if (refusal.mayRetry()) {
      retryAfter(e.retryAfter(), response);
    }
    send(refusal.status(), refusal.slug(), e, response);
  }

  private record Refusal(HttpStatus status, String slug, boolean mayRetry) {}

  private static void retryAfter(Duration duration, HttpServletResponse response) {
    response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, duration.toSeconds())));
  }

  @ExceptionHandler
  void registry(RegistryException e, HttpServletResponse response) throws IOException {
    if (e instanceof RegistryException.Rejected rejected) {
      send(rejected(rejected), response);
    } else if (e instanceof RegistryException.NotFound) {
      send(HttpStatus.NOT_FOUND, "model-not-found", e, response);
    } else if (e instanceof RegistryException.NotAvailable notAvailable) {
      if (notAvailable.isPassing()) {
        response.setHeader(HttpHeaders.RETRY_AFTER, RETRY_SOON);
        send(HttpStatus.SERVICE_UNAVAILABLE, "model-loading", e, response);
      } else {
        send(HttpStatus.CONFLICT, "model-not-available", e, response);
      }
    } else if (e instanceof RegistryException.VersionExists) {
      send(HttpStatus.CONFLICT, "version-exists", e, response);
    } else if (e instanceof RegistryException.NoMemory) {
      send(HttpStatus.INSUFFICIENT_STORAGE, "no-memory", e, response);
    } else if (e instanceof RegistryException.TooManyVersions) {
      send(HttpStatus.INSUFFICIENT_STORAGE, "too-many-versions", e, response);
    } else {
      log.error("The repository failed", e);
      send(HttpStatus.INTERNAL_SERVER_ERROR, "storage-failure", e, response);
    }
  }

  private static Problem rejected(RegistryException.Rejected e) {
    List<FieldProblem> errors =
        e.problems().stream()
            .map(problem -> new FieldProblem(problem.where(), problem.detail()))
            .toList();
    return switch (e.fault()) {
      case CONFIG -> Problem.of(HttpStatus.BAD_REQUEST, "invalid-config", e.getMessage(), errors);
      case TOO_LARGE ->
          Problem.of(HttpStatus.CONTENT_TOO_LARGE, "model-too-large", e.getMessage(), errors);
      case MALFORMED ->
          Problem.of(HttpStatus.UNPROCESSABLE_CONTENT, "malformed-model", e.getMessage(), errors);
      case UNSUPPORTED ->
          Problem.of(HttpStatus.UNPROCESSABLE_CONTENT, "unsupported-model", e.getMessage(), errors);
    };
  }

  @ExceptionHandler
  void tensor(TensorFormatException e, HttpServletResponse response) throws IOException {
    send(
        Problem.of(
            HttpStatus.BAD_REQUEST,
            "invalid-input",
            e.pointer().isEmpty() ? e.detail() : e.pointer() + ": " + e.detail(),
            List.of(new FieldProblem(e.pointer(), e.detail()))),
        response);
  }

  @ExceptionHandler
  void json(JacksonException e, HttpServletResponse response) throws IOException {
    // Bytes of no encoding are a fault of the document; any other, of the connection.
    if (e.getCause() instanceof IOException cause && !(cause instanceof CharConversionException)) {
      io(cause, response);
      return;
    }
    TokenStreamLocation location = e.getLocation();
    String where =
        location == null
            ? ""
            : " (line %d, column %d)".formatted(location.getLineNr(), location.getColumnNr());
    send(
        Problem.of(
            HttpStatus.BAD_REQUEST,
            "invalid-json",
            "the body is not JSON: " + e.getOriginalMessage() + where),
        response);
  }

  @ExceptionHandler
  void body(HttpMessageNotReadableException e, HttpServletResponse response) throws IOException {
    if (e.getCause() instanceof JacksonException cause) {
      json(cause, response);
    } else {
      send(Problem.of(HttpStatus.BAD_REQUEST, "invalid-json", "the body is not JSON"), response);
    }
  }

  @ExceptionHandler
  void mediaType(InvalidMediaTypeException e, HttpServletResponse response) throws IOException {
    HttpStatus status = HttpStatus.UNSUPPORTED_MEDIA_TYPE;
    send(status, Problem.slugOf(status), e, response);
  }

  /** The query string, or a form. */
  @ExceptionHandler
  void parameters(InvalidParameterException e, HttpServletResponse response) throws IOException {
    send(HttpStatus.BAD_REQUEST, "invalid-parameters", e, response);
  }

  @ExceptionHandler
  void multipart(MultipartException e, HttpServletResponse response) throws IOException {
    if (e instanceof MaxUploadSizeExceededException) {
      send(HttpStatus.CONTENT_TOO_LARGE, "body-too-large", e, response);
    } else {
      send(HttpStatus.BAD_REQUEST, "invalid-multipart", e, response);
    }
  }

  @ExceptionHandler
  void io(IOException e, HttpServletResponse response) throws IOException {
    if (e instanceof BodyTooLargeException) {
      send(HttpStatus.CONTENT_TOO_LARGE, "body-too-large", e, response);
    } else if (e instanceof UnsupportedCodingException coding) {
      response.setHeader(HttpHeaders.ACCEPT_ENCODING, coding.accepted());
      send(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-coding", e, response);
    } else if (isOfTheConnection(e)) {
      // Whoever still listens is answered by way of the container's error page.
      log.debug("A client left, or its body is broken", e);
    } else if (e instanceof FileUploadException) {
      send(HttpStatus.BAD_REQUEST, "invalid-multipart", e, response);
    } else {
      other(e, response);
    }
  }

  private static boolean isOfTheConnection(Throwable e) {
    return e instanceof ClientAbortException
        || e instanceof BadRequestException
        || (e.getCause() != null && isOfTheConnection(e.getCause()));
  }

  @ExceptionHandler
  void document(OpenApiResourceNotFoundException e, HttpServletResponse response)
      throws IOException {
    send(HttpStatus.NOT_FOUND, "not-found", e, response);
  }

  @ExceptionHandler
  void other(Exception e, HttpServletResponse response) throws IOException {
    if (e instanceof ErrorResponse known) {
      known
          .getHeaders()
          .forEach((name, values) -> values.forEach(v -> response.addHeader(name, v)));
      HttpStatus status = HttpStatus.valueOf(known.getStatusCode().value());
      send(Problem.of(status, Problem.slugOf(status), known.getBody().getDetail()), response);
      return;
    }
    log.error("A request failed", e);
    send(Problem.of(HttpStatus.INTERNAL_SERVER_ERROR, "internal", "the server failed"), response);
  }

  private void send(HttpStatus status, String slug, Exception e, HttpServletResponse response)
      throws IOException {
    send(Problem.of(status, slug, e.getMessage()), response);
  }

  private void send(Problem problem, HttpServletResponse response) throws IOException {
    answers.send(problem, path(), response);
  }

  private static String path() {
    if (RequestContextHolder.getRequestAttributes()
        instanceof ServletRequestAttributes attributes) {
      HttpServletRequest request = attributes.getRequest();
      Object asked = request.getAttribute(RequestDispatcher.FORWARD_REQUEST_URI);
      return asked == null ? request.getRequestURI() : asked.toString();
    }
    return "";
  }
}
