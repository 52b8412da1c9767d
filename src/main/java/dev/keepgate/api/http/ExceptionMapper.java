package dev.keepgate.api.http;

import dev.keepgate.api.error.RequestError;
import dev.keepgate.inference.ErrorCode;
import dev.keepgate.inference.InferenceException;
import dev.keepgate.memory.MemoryFullException;
import dev.keepgate.memory.TooMuchMemoryException;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.CharConversionException;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Pattern;
import org.apache.catalina.connector.ClientAbortException;
import org.apache.coyote.BadRequestException;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.apache.tomcat.util.http.fileupload.FileUploadException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.ProblemDetail;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.multipart.MaxUploadSizeExceededException;
import org.springframework.web.multipart.MultipartException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DatabindException;

/** Turns whatever a request failed with into one problem document. */
@RestControllerAdvice
class ExceptionMapper {

  private static final Logger log = LoggerFactory.getLogger(ExceptionMapper.class);

  /** What Jackson says of the source in place of its bytes: how to have it say them. */
  private static final Pattern SOURCE = Pattern.compile("Source: [^;\\]]*; ");

  private final ErrorWriter errors;

  ExceptionMapper(ErrorWriter errors) {
    this.errors = errors;
  }

  @ExceptionHandler({
    InferenceException.class,
    RegistryException.class,
    TensorFormatException.class,
    MemoryFullException.class,
    TooMuchMemoryException.class
  })
  void failure(RuntimeException e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    RequestError failure = RequestError.of(e);
    if (failure.code() == ErrorCode.CANCELLED) {
      // Still heard by a client that only ended its own side of the connection.
      log.debug("A client left", e);
      send(ProblemDetails.clientGone(failure.detail()), request, response);
      return;
    }
    HttpStatus status = HttpStatuses.of(failure.code());
    if (status == HttpStatus.INTERNAL_SERVER_ERROR) {
      log.error("A request failed", e);
    }
    retryAfter(failure.retryAfter(), response);
    send(
        ProblemDetails.of(status, failure.code().slug(), failure.detail(), failure.fields()),
        request,
        response);
  }

  private static void retryAfter(@Nullable Duration duration, HttpServletResponse response) {
    if (duration != null) {
      response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, duration.toSeconds())));
    }
  }

  @ExceptionHandler
  void threads(ThreadsFullException e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    retryAfter(Duration.ofSeconds(1), response);
    send(HttpStatus.TOO_MANY_REQUESTS, ErrorCode.QUEUE_FULL.slug(), e, request, response);
  }

  @ExceptionHandler
  void json(JacksonException e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    // Bytes of no encoding are a fault of the document; any other, of the connection.
    if (e.getCause() instanceof IOException cause && !(cause instanceof CharConversionException)) {
      io(cause, request, response);
      return;
    }
    TokenStreamLocation location = e.getLocation();
    String where =
        location == null
            ? ""
            : " (line %d, column %d)".formatted(location.getLineNr(), location.getColumnNr());
    // What binds JSON to Java says what classes it would have made.
    String fault =
        e instanceof DatabindException
            ? "the body is not the one JSON document that is expected here"
            : "the body is not JSON: " + SOURCE.matcher(e.getOriginalMessage()).replaceAll("");
    send(
        ProblemDetails.of(HttpStatus.BAD_REQUEST, "invalid-json", fault + where),
        request,
        response);
  }

  @ExceptionHandler
  void body(
      HttpMessageNotReadableException e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (e.getCause() instanceof JacksonException cause) {
      json(cause, request, response);
    } else {
      send(
          ProblemDetails.of(HttpStatus.BAD_REQUEST, "invalid-json", "the body is not JSON"),
          request,
          response);
    }
  }

  @ExceptionHandler
  void mediaType(
      InvalidMediaTypeException e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    HttpStatus status = HttpStatus.UNSUPPORTED_MEDIA_TYPE;
    send(status, ProblemDetails.slugOf(status), e, request, response);
  }

  /** The query string, or a form. */
  @ExceptionHandler
  void parameters(
      InvalidParameterException e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    send(HttpStatus.BAD_REQUEST, "invalid-parameters", e, request, response);
  }

  @ExceptionHandler
  void multipart(MultipartException e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (e instanceof MaxUploadSizeExceededException) {
      send(HttpStatus.CONTENT_TOO_LARGE, "body-too-large", e, request, response);
    } else {
      send(HttpStatus.BAD_REQUEST, "invalid-multipart", e, request, response);
    }
  }

  @ExceptionHandler
  void io(IOException e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (e instanceof BodyTooLargeException) {
      send(HttpStatus.CONTENT_TOO_LARGE, "body-too-large", e, request, response);
    } else if (e instanceof UnsupportedCodingException coding) {
      response.setHeader(HttpHeaders.ACCEPT_ENCODING, coding.accepted());
      send(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-coding", e, request, response);
    } else if (isOfTheConnection(e)) {
      log.debug("A client left, or its body is broken", e);
      // Whoever still listens is answered by way of the container's error page.
    } else if (e instanceof FileUploadException) {
      send(HttpStatus.BAD_REQUEST, "invalid-multipart", e, request, response);
    } else {
      other(e, request, response);
    }
  }

  private static boolean isOfTheConnection(Throwable e) {
    return e instanceof ClientAbortException
        || e instanceof BadRequestException
        || (e.getCause() != null && isOfTheConnection(e.getCause()));
  }

  @ExceptionHandler
  void other(Exception e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (e instanceof ErrorResponse known) {
      known
          .getHeaders()
          .forEach((name, values) -> values.forEach(v -> response.addHeader(name, v)));
      HttpStatus status = HttpStatus.valueOf(known.getStatusCode().value());
      send(
          ProblemDetails.of(status, ProblemDetails.slugOf(status), known.getBody().getDetail()),
          request,
          response);
      return;
    }
    log.error("A request failed", e);
    RequestError failure = RequestError.of(e);
    send(
        ProblemDetails.of(HttpStatuses.of(failure.code()), failure.code().slug(), failure.detail()),
        request,
        response);
  }

  private void send(
      HttpStatus status,
      String slug,
      Exception e,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    send(ProblemDetails.of(status, slug, e.getMessage()), request, response);
  }

  private void send(ProblemDetail problem, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Object asked = request.getAttribute(RequestDispatcher.FORWARD_REQUEST_URI);
    errors.send(problem, asked == null ? request.getRequestURI() : asked.toString(), response);
  }
}
