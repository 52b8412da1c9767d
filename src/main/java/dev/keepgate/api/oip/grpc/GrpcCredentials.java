package dev.keepgate.api.oip.grpc;

import dev.keepgate.security.Access;
import dev.keepgate.security.SentCredentials;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.springframework.grpc.server.security.GrpcAuthenticationExtractor;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;

/** What a call shows to say who makes it: as over HTTP, in its metadata. */
final class GrpcCredentials implements GrpcAuthenticationExtractor {

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> API_KEY =
      Metadata.Key.of(SentCredentials.API_KEY, Metadata.ASCII_STRING_MARSHALLER);

  private final boolean takesCertificates;

  /**
   * @param takesCertificates whether the certificate of a connection says who calls, where no key
   *     does
   */
  GrpcCredentials(boolean takesCertificates) {
    this.takesCertificates = takesCertificates;
  }

  @Override
  public @Nullable Authentication extract(
      Metadata headers, Attributes attributes, MethodDescriptor<?, ?> method) {
    if (GrpcAccess.of(method.getFullMethodName()) == Access.EVERYBODY) {
      return null;
    }
    Authentication sent = SentCredentials.of(headers.get(API_KEY), headers.get(AUTHORIZATION));
    return sent == null && takesCertificates ? certificate(attributes) : sent;
  }

  private static @Nullable Authentication certificate(Attributes attributes) {
    SSLSession tls = attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    try {
      return tls != null && tls.getPeerCertificates()[0] instanceof X509Certificate certificate
          ? new PreAuthenticatedAuthenticationToken(
              certificate.getSubjectX500Principal(), certificate)
          : null;
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }
}
