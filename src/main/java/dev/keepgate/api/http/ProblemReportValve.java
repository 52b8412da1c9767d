package dev.keepgate.api.http;

import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;

/**
 * Answers what the container refuses before any servlet sees it, such as an encoded slash in a
 * path: in place of Tomcat's page of HTML.
 */
final class ProblemReportValve extends ErrorReportValve {

  private static final Logger log = LoggerFactory.getLogger(ProblemReportValve.class);

  private final ErrorWriter errors;

  ProblemReportValve(ErrorWriter errors) {
    this.errors = errors;
  }

  @Override
  protected void report(Request request, Response response, @Nullable Throwable failure) {
    HttpStatus status = HttpStatus.resolve(response.getStatus());
    if (status == null
        || !status.isError()
        || response.getContentWritten() > 0
        || !response.setErrorReported()) {
      return;
    }
    ProblemDetail problem =
        ProblemDetails.of(status, ProblemDetails.slugOf(status), status.getReasonPhrase());
    try {
      errors.send(problem, String.valueOf(request.getRequestURI()), response);
      response.finishResponse();
    } catch (IOException | IllegalStateException e) {
      log.debug("A client left", e);
    }
  }
}
