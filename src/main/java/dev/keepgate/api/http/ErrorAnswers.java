package dev.keepgate.api.http;

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
class ErrorAnswers {

  private final List<ErrorFormat> formats;
  private final ProblemListener listener;

  ErrorAnswers(List<ErrorFormat> formats, ProblemListener listener) {
    this.formats = formats;
    this.listener = listener;
  }

  void send(ProblemDetail problem, String path, HttpServletResponse response) throws IOException {
    listener.problem(Problem.slugOf(problem));
    problem.setProperty(RequestId.NAME, RequestId.of(response));
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
    Problem.send(problem, response);
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
