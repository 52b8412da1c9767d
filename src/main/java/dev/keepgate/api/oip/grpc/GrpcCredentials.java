package dev.keepgate.api.oip.grpc;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;
import org.springframework.grpc.server.security.GrpcAuthenticationExtractor;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;

/** What a call shows to say who makes it: as over HTTP, in its metadata. */
final class GrpcCredentials implements GrpcAuthenticationExtractor {

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> API_KEY =
      Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER);
  private static final String BEARER = "Bearer ";

  @Override
  public @Nullable Authentication extract(
      Metadata headers, Attributes attributes, MethodDescriptor<?, ?> method) {
    String key = headers.get(API_KEY);
    if (key == null) {
      String header = headers.get(AUTHORIZATION);
      boolean isBearer =
          header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length());
      key = isBearer ? header.substring(BEARER.length()).strip() : null;
    }
    return key == null || key.isEmpty() ? null : new BearerTokenAuthenticationToken(key);
  }
}
