package dev.keepgate.api.http;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.springframework.stereotype.Component;

/** Sends errors, each in the words of the protocol that was asked. */
@Component
class ErrorAnswers {

  private final List<ErrorFormat> formats;
  private final ProblemListener listener;

  ErrorAnswers(List<ErrorFormat> formats, ProblemListener listener) {
    this.formats = formats;
    this.listener = listener;
  }

  void send(Problem problem, String path, HttpServletResponse response) throws IOException {
    listener.problem(problem.slug());
    for (ErrorFormat format : formats) {
      if (format.covers(path)) {
        if (!response.isCommitted()) {
          response.resetBuffer();
          response.setStatus(problem.status());
          format.send(problem, response);
        }
        return;
      }
    }
    problem.send(response);
  }
}
