package dev.keepgate.api.http.security;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * What a request shows to say who asks: {@code Authorization: Bearer …}, or {@code X-Api-Key}.
 * Never a parameter: paths are logged.
 */
final class HttpCredentials implements AuthenticationConverter {

  static final String API_KEY = "X-Api-Key";

  private static final String BEARER = "Bearer ";

  @Override
  public @Nullable Authentication convert(HttpServletRequest request) {
    String key = request.getHeader(API_KEY);
    if (key == null) {
      String header = request.getHeader(HttpHeaders.AUTHORIZATION);
      boolean isBearer =
          header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length());
      key = isBearer ? header.substring(BEARER.length()).strip() : null;
    }
    return key == null || key.isEmpty() ? null : new BearerTokenAuthenticationToken(key);
  }
}
