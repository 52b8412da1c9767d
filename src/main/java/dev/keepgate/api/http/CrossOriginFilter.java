package dev.keepgate.api.http;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;

/**
 * Refuses changes of models that a browser asks for on behalf of another site's page (OWASP,
 * Cross-Site Request Forgery Prevention), also of a page whose name was made to lead here (DNS
 * rebinding). Clients other than browsers send neither Origin nor Fetch Metadata, and pass.
 */
@Component
class CrossOriginFilter extends HttpFilter {

  private static final long serialVersionUID = 1L;

  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

  /** The routes by which POST changes models; by any other method, all of theirs do. */
  private static final Pattern POSTED =
      Pattern.compile(
          "/v1/models(?:/[^/]*/versions(?:/[^/]*)?/?|/.*/threshold/?|:.*)|/v2/repository/.*");

  private static final String FETCH_SITE = "Sec-Fetch-Site";
  private static final Set<String> OTHER_SITES = Set.of("cross-site", "same-site");
  private static final int NO_PORT = 0;

  private final transient ChangeProperties properties;
  private final transient ErrorWriter errors;

  CrossOriginFilter(ChangeProperties properties, ErrorWriter errors) {
    this.properties = properties;
    this.errors = errors;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    ProblemDetail refusal =
        isChange(request.getMethod(), request.getServletPath()) ? refusal(request) : null;
    if (refusal == null) {
      chain.doFilter(request, response);
    } else {
      errors.send(refusal, request.getRequestURI(), response);
    }
  }

  /**
   * @param path decoded and normalized
   */
  static boolean isChange(String method, String path) {
    if (SAFE.contains(method) || !(path.startsWith("/v1/") || path.startsWith("/v2/"))) {
      return false;
    }
    return method.equals("POST")
        ? POSTED.matcher(path).matches()
        : path.startsWith("/v1/models") || path.startsWith("/v2/repository");
  }

  private @Nullable ProblemDetail refusal(HttpServletRequest request) throws IOException {
    String host = request.getHeader(HttpHeaders.HOST);
    if (host != null && !isAllowed(host, request.getLocalAddr())) {
      return ProblemDetails.of(
          HttpStatus.FORBIDDEN,
          "host-not-allowed",
          "models are not changed by requests for this Host; if the server goes by that name, say"
              + " so in keepgate.http.changes.allowed-hosts");
    }
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    boolean isForeign =
        origin == null
            ? OTHER_SITES.contains(String.valueOf(request.getHeader(FETCH_SITE)))
            : !properties.allowsOrigin(origin) && (host == null || !Authority.isSame(origin, host));
    return isForeign
        ? ProblemDetails.of(
            HttpStatus.FORBIDDEN,
            "cross-origin",
            "models are not changed for pages of other origins; if this one may, name it in"
                + " keepgate.http.changes.allowed-origins")
        : null;
  }

  private boolean isAllowed(String host, String localAddress) throws IOException {
    Authority authority = Authority.parse(host, NO_PORT);
    return authority != null
        && properties.allowsHost(
            authority, InetAddress.getByName(localAddress).isLoopbackAddress());
  }
}
