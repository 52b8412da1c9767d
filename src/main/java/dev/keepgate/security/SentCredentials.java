package dev.keepgate.security;

import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;

/** The key or token that a request sends, by the two headers in which every protocol takes one. */
public final class SentCredentials {

  /** The header that has a key alone. */
  public static final String API_KEY = "X-Api-Key";

  private static final String BEARER = "Bearer ";

  private SentCredentials() {}

  /**
   * What is to be authenticated; null where neither header says anything. A header that is blank
   * counts as one that was not sent: proxies and clients send those for variables that are not set.
   *
   * @param apiKey what {@link #API_KEY} says; null where it was not sent
   * @param authorization what {@code Authorization} says; null where it was not sent
   */
  public static @Nullable Authentication of(
      @Nullable String apiKey, @Nullable String authorization) {
    if (apiKey != null && !apiKey.isBlank()) {
      return new BearerTokenAuthenticationToken(apiKey);
    }
    if (authorization == null
        || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return null;
    }
    String bearer = authorization.substring(BEARER.length()).strip();
    return bearer.isEmpty() ? null : new BearerTokenAuthenticationToken(bearer);
  }
}
