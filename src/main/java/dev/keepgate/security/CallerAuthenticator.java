package dev.keepgate.security;

import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;

/** Tells who asks, by what they show: a key, a token, or the certificate of their connection. */
final class CallerAuthenticator implements AuthenticationManager, CurrentCallers {

  private final @Nullable KeysReloader keys;
  private final @Nullable Tokens tokens;
  private final ClientCertificates certificates;

  CallerAuthenticator(
      @Nullable KeysReloader keys, @Nullable Tokens tokens, ClientCertificates certificates) {
    this.keys = keys;
    this.tokens = tokens;
    this.certificates = certificates;
  }

  @Override
  public Authentication authenticate(Authentication shown) {
    if (shown instanceof BearerTokenAuthenticationToken bearer) {
      return new CallerAuthentication(bearer(bearer.getToken()));
    }
    if (shown instanceof PreAuthenticatedAuthenticationToken connection
        && connection.getCredentials() instanceof X509Certificate certificate) {
      return new CallerAuthentication(certificates.caller(certificate));
    }
    throw new BadCredentialsException("what was shown says nothing here");
  }

  /** Tokens and certificates are looked at once: a stream lives with what it began with. */
  @Override
  public @Nullable Caller now(Caller caller) {
    return keys != null && caller.owner().equals(caller.name())
        ? keys.current().named(caller.name())
        : caller;
  }

  private Caller bearer(String text) {
    Caller caller = keys == null ? null : keys.current().find(text);
    if (caller != null) {
      return caller;
    }
    if (tokens != null && Tokens.isToken(text)) {
      return tokens.caller(text);
    }
    throw new BadCredentialsException(
        keys == null
            ? "what was sent is no token"
            : "the key is not known; keys are those of keepgate.security.keys-file");
  }
}
