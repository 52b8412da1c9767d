package dev.keepgate.api.http;

import dev.keepgate.security.SecurityProperties;
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
 * Refuses what a browser asks for on behalf of another site's page (OWASP, Cross-Site Request
 * Forgery Prevention), also of a page whose name was made to lead here (DNS rebinding): changes of
 * models, and of a server without credentials all that is more than reading. Clients other than
 * browsers send neither Origin nor Fetch Metadata, and pass.
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

  /** What is refused to pages of other origins. */
  private enum Rule {
    CHANGE("models are not changed", "keepgate.http.changes.allowed-origins"),
    KEYLESS(
        "a server without keys answers nothing",
        "keepgate.http.cors.allowed-origins or keepgate.http.changes.allowed-origins");

    private final String what;
    private final String settings;

    /**
     * @param settings that name origins which may
     */
    Rule(String what, String settings) {
      this.what = what;
      this.settings = settings;
    }
  }

  private final transient ChangeProperties properties;
  private final transient CorsProperties cors;
  private final transient ErrorWriter errors;
  private final boolean keyless;

  CrossOriginFilter(
      ChangeProperties properties,
      CorsProperties cors,
      SecurityProperties security,
      ErrorWriter errors) {
    this.properties = properties;
    this.cors = cors;
    this.errors = errors;
    this.keyless = !security.hasCredentials();
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    ProblemDetail refusal = refusal(request);
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
        ? mayMatch(path) && POSTED.matcher(path).matches()
        : path.startsWith("/v1/models") || path.startsWith("/v2/repository");
  }

  /** A look at what the pattern takes long to refuse: a step of a model. */
  private static boolean mayMatch(String path) {
    return path.startsWith("/v2/repository/")
        || path.indexOf(':') >= 0
        || path.contains("/versions")
        || path.contains("/threshold");
  }

  private @Nullable ProblemDetail refusal(HttpServletRequest request) throws IOException {
    if (isChange(request.getMethod(), request.getServletPath())) {
      return refusal(request, Rule.CHANGE, request.getHeader(HttpHeaders.ORIGIN));
    }
    if (!keyless) {
      return null;
    }
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    boolean isSafe = SAFE.contains(request.getMethod());
    // Browsers say whence with all but what only reads, where they may say what led to it.
    boolean isBrowser =
        origin != null || (isSafe && request.getHeader(HttpHeaders.REFERER) != null);
    if (!isBrowser) {
      return null;
    }
    return isSafe ? foreignHost(request, Rule.KEYLESS) : refusal(request, Rule.KEYLESS, origin);
  }

  private @Nullable ProblemDetail refusal(
      HttpServletRequest request, Rule rule, @Nullable String origin) throws IOException {
    ProblemDetail refusal = foreignHost(request, rule);
    if (refusal != null) {
      return refusal;
    }
    boolean isForeign =
        origin == null
            ? OTHER_SITES.contains(String.valueOf(request.getHeader(FETCH_SITE)))
            : !isAllowed(origin, rule) && !isOwn(request, origin);
    return isForeign
        ? ProblemDetails.of(
            HttpStatus.FORBIDDEN,
            "cross-origin",
            "%s for pages of other origins; if this one may ask, name it in %s"
                .formatted(rule.what, rule.settings))
        : null;
  }

  private boolean isAllowed(String origin, Rule rule) {
    return properties.allowsOrigin(origin) || (rule == Rule.KEYLESS && cors.allowsOrigin(origin));
  }

  private static boolean isOwn(HttpServletRequest request, String origin) {
    String host = request.getHeader(HttpHeaders.HOST);
    return host != null && Authority.isSame(origin, host);
  }

  private @Nullable ProblemDetail foreignHost(HttpServletRequest request, Rule rule)
      throws IOException {
    String host = request.getHeader(HttpHeaders.HOST);
    return host == null || isAllowedHost(host, request.getLocalAddr())
        ? null
        : ProblemDetails.of(
            HttpStatus.FORBIDDEN,
            "host-not-allowed",
            "%s by requests for this Host; if the server goes by that name, say so in"
                    .formatted(rule.what)
                + " keepgate.http.changes.allowed-hosts");
  }

  private boolean isAllowedHost(String host, String localAddress) throws IOException {
    Authority authority = Authority.parse(host, NO_PORT);
    return authority != null
        && properties.allowsHost(
            authority, InetAddress.getByName(localAddress).isLoopbackAddress());
  }
}
