package dev.keepgate.api.http;

import dev.keepgate.api.error.RequestId;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.cors.DefaultCorsProcessor;

/**
 * Answers browsers that ask for pages of other origins, before any route is chosen: so for all of
 * them, and for errors. Without allowed origins requests pass as they come, without a word that
 * would let a page read the answer.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class CorsFilter extends HttpFilter {

  private static final long serialVersionUID = 1L;

  private static final List<String> READABLE =
      List.of(
          RequestId.HEADER,
          HttpHeaders.LOCATION,
          HttpHeaders.LINK,
          HttpHeaders.RETRY_AFTER,
          ModelVersionHeader.NAME,
          HttpHeaders.WWW_AUTHENTICATE,
          "Inference-Header-Content-Length");

  private final transient CorsConfiguration configuration;
  private final transient ErrorWriter errors;
  private final boolean enabled;

  CorsFilter(CorsProperties properties, ErrorWriter errors) {
    this.errors = errors;
    this.enabled = !properties.allowedOrigins().isEmpty();
    this.configuration = new CorsConfiguration();
    configuration.setAllowedOrigins(properties.allowedOrigins());
    configuration.setAllowedMethods(properties.allowedMethods());
    configuration.setAllowedHeaders(properties.allowedHeaders());
    configuration.setExposedHeaders(READABLE);
    configuration.setMaxAge(properties.maxAge());
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    boolean isPreflight = origin != null && CorsUtils.isPreFlightRequest(request);
    if (origin == null || (!isPreflight && (!enabled || isOwn(request, origin)))) {
      chain.doFilter(request, response);
    } else if (!enabled || !new Processor().processRequest(configuration, request, response)) {
      refuse(request, response);
    } else if (!isPreflight) {
      chain.doFilter(request, response);
    }
  }

  private static boolean isOwn(HttpServletRequest request, String origin) {
    String host = request.getHeader(HttpHeaders.HOST);
    return host != null && Authority.isSame(origin, host);
  }

  private void refuse(HttpServletRequest request, HttpServletResponse response) throws IOException {
    errors.send(
        ProblemDetails.of(
            HttpStatus.FORBIDDEN,
            "cross-origin",
            "pages of this origin may not ask so; if they may, say so in keepgate.http.cors"),
        request.getRequestURI(),
        response);
  }

  /** Leaves a refusal to be worded. */
  private static final class Processor extends DefaultCorsProcessor {
    @Override
    protected void rejectRequest(ServerHttpResponse response) {
      // The caller is told by the result.
    }
  }
}
