package dev.keepgate.security;

import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;

/** Tells who sends a key. */
final class CallerAuthenticator implements AuthenticationManager {

  private final KeysReloader keys;

  CallerAuthenticator(KeysReloader keys) {
    this.keys = keys;
  }

  @Override
  public Authentication authenticate(Authentication shown) {
    if (shown instanceof BearerTokenAuthenticationToken bearer) {
      Caller caller = keys.current().find(bearer.getToken());
      if (caller != null) {
        return new CallerAuthentication(caller);
      }
    }
    throw new BadCredentialsException(
        "the key is not known; keys are those of keepgate.security.keys-file");
  }
}
