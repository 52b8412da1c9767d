package dev.keepgate.api.http;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Answers for what fails before a controller is chosen or outside of any. */
@RestController
class ProblemErrorController implements ErrorController {

  private final ErrorWriter errors;

  ProblemErrorController(ErrorWriter errors) {
    this.errors = errors;
  }

  @RequestMapping("/error")
  void error(HttpServletRequest request, HttpServletResponse response) throws IOException {
    Object code = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
    Object exception = request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
    HttpStatus status = code instanceof Integer number ? HttpStatus.resolve(number) : null;
    HttpStatus known = status != null ? status : HttpStatus.INTERNAL_SERVER_ERROR;
    ProblemDetail problem =
        known == HttpStatus.BAD_REQUEST && exception instanceof IOException
            ? ProblemDetails.incompleteBody()
            : ProblemDetails.of(known, ProblemDetails.slugOf(known), known.getReasonPhrase());
    Object path = request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI);
    errors.send(problem, path == null ? request.getRequestURI() : path.toString(), response);
  }
}
