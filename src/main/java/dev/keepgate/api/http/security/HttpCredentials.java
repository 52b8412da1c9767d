package dev.keepgate.api.http.security;

import jakarta.servlet.http.HttpServletRequest;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationConverter;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;

/**
 * What a request shows to say who asks: {@code Authorization: Bearer …}, or {@code X-Api-Key}.
 * Never a parameter: paths are logged. Without either it is the certificate of the connection.
 */
final class HttpCredentials implements AuthenticationConverter {

  static final String API_KEY = "X-Api-Key";

  private static final String BEARER = "Bearer ";
  private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

  private final boolean takesCertificates;

  /**
   * @param takesCertificates whether the certificate of a connection says who asks, where no key
   *     does
   */
  HttpCredentials(boolean takesCertificates) {
    this.takesCertificates = takesCertificates;
  }

  @Override
  public @Nullable Authentication convert(HttpServletRequest request) {
    String key = request.getHeader(API_KEY);
    if (key == null) {
      String header = request.getHeader(HttpHeaders.AUTHORIZATION);
      boolean isBearer =
          header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length());
      key = isBearer ? header.substring(BEARER.length()).strip() : null;
    }
    if (key == null || key.isEmpty()) {
      return takesCertificates ? certificate(request) : null;
    }
    return new BearerTokenAuthenticationToken(key);
  }

  private static @Nullable Authentication certificate(HttpServletRequest request) {
    return request.getAttribute(CERTIFICATES) instanceof X509Certificate[] chain && chain.length > 0
        ? new PreAuthenticatedAuthenticationToken(chain[0].getSubjectX500Principal(), chain[0])
        : null;
  }
}
