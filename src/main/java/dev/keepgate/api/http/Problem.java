package dev.keepgate.api.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.keepgate.api.error.Failure;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.json.JsonMapper;

/**
 * An error answer (RFC 9457).
 *
 * @param type {@code urn:keepgate:problem:<slug>}
 * @param title the status in words
 * @param status the HTTP status
 * @param detail what went wrong, for people
 * @param errors the fields at fault; null where no field is
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
    String type, String title, int status, String detail, @Nullable List<Failure.Field> errors) {

  public static final String MEDIA_TYPE = "application/problem+json";

  private static final int CLIENT_CLOSED_REQUEST = 499;
  private static final String URN = "urn:keepgate:problem:";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  static Problem of(HttpStatus status, String slug, @Nullable String detail) {
    return of(status, slug, detail, null);
  }

  static Problem of(
      HttpStatus status,
      String slug,
      @Nullable String detail,
      @Nullable List<Failure.Field> errors) {
    return new Problem(
        URN + slug,
        status.getReasonPhrase(),
        status.value(),
        detail == null ? status.getReasonPhrase() : detail,
        errors == null || errors.isEmpty() ? null : errors);
  }

  /** Of the status that HTTP has no word for, and nginx' logs made known. */
  static Problem clientGone(String detail) {
    return new Problem(
        URN + "cancelled", "Client Closed Request", CLIENT_CLOSED_REQUEST, detail, null);
  }

  static Problem incompleteBody() {
    return of(
        HttpStatus.BAD_REQUEST,
        "incomplete-body",
        "the body ended early, or its chunks are broken");
  }

  /** A slug for a status that says it all, such as {@code method-not-allowed}. */
  static String slugOf(HttpStatus status) {
    return status.getReasonPhrase().toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "-");
  }

  String slug() {
    return type.substring(URN.length());
  }

  /** Sends it; as the last piece of a stream that has begun, and not into any other answer. */
  void send(HttpServletResponse response) throws IOException {
    if (response.isCommitted()) {
      StreamFormat format = StreamFormat.begun(response.getContentType());
      if (format != null) {
        String piece =
            format.before("error")
                + JSON.writeValueAsString(Map.of("error", this))
                + format.after();
        response.getOutputStream().write(piece.getBytes(StandardCharsets.UTF_8));
      }
      return;
    }
    response.resetBuffer();
    response.setStatus(status);
    response.setContentType(MEDIA_TYPE);
    byte[] body = JSON.writeValueAsBytes(this);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
