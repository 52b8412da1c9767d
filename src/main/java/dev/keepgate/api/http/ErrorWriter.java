package dev.keepgate.api.http;

import dev.keepgate.api.error.RequestId;
import dev.keepgate.inference.ErrorListener;
import dev.keepgate.listener.Listeners;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import org.springframework.util.StringUtils;
import org.springframework.web.util.UriUtils;

/** Sends errors, each in the words of the protocol that was asked. */
@Component
public class ErrorWriter {

  private final List<ErrorFormat> formats;
  private final Listeners<ErrorListener> listeners;

  ErrorWriter(List<ErrorFormat> formats, Listeners<ErrorListener> listeners) {
    this.formats = formats;
    this.listeners = listeners;
  }

  /**
   * Answers with an error.
   *
   * @param path that was asked
   */
  public void send(ProblemDetail problem, String path, HttpServletResponse response)
      throws IOException {
    listeners.tell(listener -> listener.errorSent(ProblemDetails.slugOf(problem)));
    problem.setProperty(RequestId.NAME, HttpRequestId.of(response));
    for (ErrorFormat format : formats) {
      if (format.covers(plain(path))) {
        if (!response.isCommitted()) {
          response.resetBuffer();
          response.setStatus(problem.getStatus());
          format.send(problem, response);
        }
        return;
      }
    }
    ProblemDetails.send(problem, response);
  }

  /** The path that is meant, however it is written; an encoded slash parts no segments. */
  private static String plain(String path) {
    String segments = path.replaceAll("(?i)%2f|%5c", "_").replaceAll("/+", "/");
    try {
      return StringUtils.cleanPath(UriUtils.decode(segments, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return path;
    }
  }
}
