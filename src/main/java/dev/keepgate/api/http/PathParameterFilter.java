package dev.keepgate.api.http;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/**
 * Refuses paths with parameters (RFC 3986, 3.3): {@code /v1/models/a;b=c} would be taken for the
 * model {@code a}.
 */
@Component
class PathParameterFilter extends HttpFilter {

  private static final long serialVersionUID = 1L;

  private final transient ErrorWriter errors;

  PathParameterFilter(ErrorWriter errors) {
    this.errors = errors;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request.getRequestURI().indexOf(';') < 0) {
      chain.doFilter(request, response);
      return;
    }
    errors.send(
        ProblemDetails.of(
            HttpStatus.BAD_REQUEST, "bad-request", "the path has a ';', which no path here has"),
        request.getRequestURI(),
        response);
  }
}
