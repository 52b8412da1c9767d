package dev.keepgate.api.http.security;

import dev.keepgate.security.SentCredentials;
import jakarta.servlet.http.HttpServletRequest;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.AuthenticationConverter;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;

/**
 * What a request shows to say who asks: {@code Authorization: Bearer …}, or {@code X-Api-Key}.
 * Never a parameter: paths are logged. Without either it is the certificate of the connection.
 */
final class HttpCredentials implements AuthenticationConverter {

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
    Authentication sent =
        SentCredentials.of(
            request.getHeader(SentCredentials.API_KEY),
            request.getHeader(HttpHeaders.AUTHORIZATION));
    return sent == null && takesCertificates ? certificate(request) : sent;
  }

  private static @Nullable Authentication certificate(HttpServletRequest request) {
    return request.getAttribute(CERTIFICATES) instanceof X509Certificate[] chain && chain.length > 0
        ? new PreAuthenticatedAuthenticationToken(chain[0].getSubjectX500Principal(), chain[0])
        : null;
  }
}
