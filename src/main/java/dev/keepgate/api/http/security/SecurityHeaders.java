package dev.keepgate.api.http.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.HttpHeaders;

/**
 * Tells browsers, with every answer, what not to do with it. Said before the answer begins: it may
 * stream, and nothing wraps it.
 */
final class SecurityHeaders extends HttpFilter {

  private static final long serialVersionUID = 1L;

  private static final String DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";
  private static final String A_YEAR = "max-age=31536000";

  private final String actuator;

  /**
   * @param actuator the path below which the actuator's endpoints are
   */
  SecurityHeaders(String actuator) {
    this.actuator = actuator;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (isData(request.getRequestURI())) {
      response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
      response.setHeader("Content-Security-Policy", DATA_POLICY);
    }
    if (request.isSecure()) {
      response.setHeader("Strict-Transport-Security", A_YEAR);
    }
    chain.doFilter(request, response);
  }

  /** The page and its files say what is to be done with them. */
  private boolean isData(String path) {
    return path.startsWith("/v1") || path.startsWith("/v2") || path.startsWith(actuator);
  }
}
