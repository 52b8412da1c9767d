package dev.keepgate.security;

import java.security.cert.X509Certificate;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.BadCredentialsException;

/**
 * Tells whose a client's certificate is, which TLS has verified: by the common name of its subject,
 * or by all of it.
 */
final class ClientCertificates {

  private final List<SecurityProperties.ClientCertificate> known;

  ClientCertificates(List<SecurityProperties.ClientCertificate> known) {
    this.known = known;
  }

  /**
   * @throws BadCredentialsException if it is nobody's
   */
  Caller caller(X509Certificate certificate) {
    X500Principal subject = certificate.getSubjectX500Principal();
    String name = commonName(subject);
    for (SecurityProperties.ClientCertificate each : known) {
      boolean isIts =
          each.subject().contains("=")
              ? new X500Principal(each.subject()).equals(subject)
              : each.subject().equals(name);
      if (isIts) {
        return Caller.of("certificate", each.subject(), each.roles());
      }
    }
    throw new BadCredentialsException(
        "the certificate is of '%s', who is not in keepgate.security.client-certificates"
            .formatted(name == null ? subject.getName() : name));
  }

  private static @Nullable String commonName(X500Principal subject) {
    try {
      return new LdapName(subject.getName())
          .getRdns().stream()
              .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
              .map(rdn -> rdn.getValue().toString())
              // The last is the one that is named first in what people write.
              .reduce((first, last) -> last)
              .orElse(null);
    } catch (InvalidNameException e) {
      return null;
    }
  }
}
