package dev.keepgate.api.http;

import dev.keepgate.api.error.RequestError;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.converter.json.ProblemDetailJacksonMixin;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes and sends problem documents (RFC 9457): {@code type} is {@code
 * urn:keepgate:problem:<slug>}, and {@code errors} lists the fields at fault where there are any.
 */
public final class ProblemDetails {

  public static final String MEDIA_TYPE = MediaType.APPLICATION_PROBLEM_JSON_VALUE;

  private static final int CLIENT_CLOSED_REQUEST = 499;
  private static final String URN = "urn:keepgate:problem:";
  private static final JsonMapper JSON =
      JsonMapper.builder().addMixIn(ProblemDetail.class, ProblemDetailJacksonMixin.class).build();

  private ProblemDetails() {}

  public static ProblemDetail of(HttpStatus status, String slug, @Nullable String detail) {
    return of(status, slug, detail, List.of());
  }

  static ProblemDetail of(
      HttpStatus status, String slug, @Nullable String detail, List<RequestError.Field> errors) {
    ProblemDetail problem = ProblemDetail.forStatus(status);
    problem.setType(URI.create(URN + slug));
    problem.setTitle(status.getReasonPhrase());
    problem.setDetail(detail == null ? status.getReasonPhrase() : detail);
    if (!errors.isEmpty()) {
      problem.setProperty("errors", errors);
    }
    return problem;
  }

  /** Of the status that HTTP has no word for, and nginx' logs made known. */
  static ProblemDetail clientGone(String detail) {
    ProblemDetail problem = ProblemDetail.forStatus(CLIENT_CLOSED_REQUEST);
    problem.setType(URI.create(URN + "cancelled"));
    problem.setTitle("Client Closed Request");
    problem.setDetail(detail);
    return problem;
  }

  static ProblemDetail incompleteBody() {
    return of(
        HttpStatus.BAD_REQUEST,
        "incomplete-body",
        "the body ended early, or its chunks are broken");
  }

  static ProblemDetail lateBody() {
    HttpStatus status = HttpStatus.REQUEST_TIMEOUT;
    return of(status, slugOf(status), "the body did not come in time");
  }

  /** A slug for a status that says it all, such as {@code method-not-allowed}. */
  static String slugOf(HttpStatus status) {
    return status.getReasonPhrase().toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "-");
  }

  static String slugOf(ProblemDetail problem) {
    return String.valueOf(problem.getType()).substring(URN.length());
  }

  /** Sends it; as the last piece of a stream that has begun, and not into any other answer. */
  static void send(ProblemDetail problem, HttpServletResponse response) throws IOException {
    if (response.isCommitted()) {
      StreamFormat format = StreamFormat.begun(response.getContentType());
      if (format != null) {
        String piece =
            format.before("error")
                + JSON.writeValueAsString(Map.of("error", problem))
                + format.after();
        response.getOutputStream().write(piece.getBytes(StandardCharsets.UTF_8));
      }
      return;
    }
    response.resetBuffer();
    response.setStatus(problem.getStatus());
    response.setContentType(MEDIA_TYPE);
    byte[] body = JSON.writeValueAsBytes(problem);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
