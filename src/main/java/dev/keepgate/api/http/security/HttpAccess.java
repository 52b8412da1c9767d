package dev.keepgate.api.http.security;

import dev.keepgate.api.http.InferencePaths;
import dev.keepgate.security.Access;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What every route asks of its caller. A route that is not named here asks for a role all the same:
 * of what changes something, {@code manage}.
 */
final class HttpAccess {

  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

  private static final Pattern STATISTICS =
      Pattern.compile("/v1/statistics|/v2/models/(?:[^/]+/(?:versions/[^/]+/)?)?stats");

  /** What holds no data of anybody's: the page, and how the server is used. */
  private static final Pattern PUBLIC =
      Pattern.compile(
          "/|/page/.*|/docs|/docs/.*|/v[12]/openapi|/openapi/v[12]|/v2/health/(?:live|ready)");

  private final String actuator;

  /**
   * @param actuator the path below which the actuator's endpoints are
   */
  HttpAccess(String actuator) {
    this.actuator = actuator;
  }

  /**
   * @param path decoded and normalized
   */
  Access of(String method, String path) {
    boolean isSafe = SAFE.contains(method);
    if (isBelow(path, "/v1/sequences")) {
      return Access.INFER;
    }
    if (!isSafe) {
      return posted(method, path);
    }
    String health = actuator + "/health";
    if (PUBLIC.matcher(path).matches() || isBelow(path, health)) {
      return Access.EVERYBODY;
    }
    boolean isStatistics = STATISTICS.matcher(path).matches();
    return isStatistics || !(isBelow(path, "/v1") || isBelow(path, "/v2"))
        ? Access.OBSERVE
        : Access.ANY_ROLE;
  }

  private static Access posted(String method, String path) {
    if (!method.equals("POST")) {
      return Access.MANAGE;
    }
    if (InferencePaths.contain(path)) {
      return Access.INFER;
    }
    return path.equals("/v2/repository/index") ? Access.ANY_ROLE : Access.MANAGE;
  }

  private static boolean isBelow(String path, String folder) {
    return path.startsWith(folder)
        && (path.length() == folder.length() || path.charAt(folder.length()) == '/');
  }
}
