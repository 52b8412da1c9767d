package dev.keepgate.security;

import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

/**
 * Tells whose a JSON Web Token is. It has to be signed by one of the issuer's public keys; a token
 * without a signature, or signed by a shared secret, is none.
 */
final class Tokens {

  private final SecurityProperties.Jwt properties;
  private final TokenKeys keys;
  private final JwtDecoder decoder;

  Tokens(SecurityProperties.Jwt properties) {
    this.properties = properties;
    keys = new TokenKeys(properties.issuer(), properties.keySet(), properties.timeout());
    NimbusJwtDecoder nimbus =
        NimbusJwtDecoder.withJwkSource(
                // A key that is not known is looked for at its issuer, but only so often: else
                // whoever makes up keys has this server ask for each.
                JWKSourceBuilder.<SecurityContext>create(keys)
                    .rateLimited(properties.minRefresh().toMillis())
                    .build())
            .jwsAlgorithms(algorithms -> algorithms.addAll(List.of(SignatureAlgorithm.values())))
            .build();
    List<OAuth2TokenValidator<Jwt>> validators = new ArrayList<>();
    validators.add(new JwtTimestampValidator());
    validators.add(new JwtClaimValidator<Instant>(JwtClaimNames.EXP, Objects::nonNull));
    if (properties.issuer() != null) {
      validators.add(new JwtIssuerValidator(properties.issuer()));
    }
    String audience = properties.audience();
    if (audience != null) {
      validators.add(
          new JwtClaimValidator<Collection<String>>(
              JwtClaimNames.AUD, each -> each != null && each.contains(audience)));
    }
    nimbus.setJwtValidator(new DelegatingOAuth2TokenValidator<>(validators));
    this.decoder = nimbus;
  }

  /** Whether a text has the form of a token: three parts. */
  static boolean isToken(String text) {
    return text.startsWith("ey") && text.chars().filter(each -> each == '.').count() == 2;
  }

  /**
   * @throws org.springframework.security.core.AuthenticationException if it is nobody's
   */
  Caller caller(String token) {
    Jwt jwt;
    try {
      jwt = decoder.decode(token);
    } catch (BadJwtException e) {
      throw new BadCredentialsException("the token is not valid: " + e.getMessage(), e);
    } catch (JwtException e) {
      if (keys.haveAnswered()) {
        // Its keys are here, and none of them signed it.
        throw new BadCredentialsException("the token is not signed by a key of its issuer", e);
      }
      throw new AuthenticationServiceException("the keys of the token's issuer are not here", e);
    }
    String subject = jwt.getSubject();
    if (subject == null || subject.isEmpty()) {
      throw new BadCredentialsException("the token names no subject (sub)");
    }
    return Caller.of("token", subject, roles(claim(jwt.getClaims(), properties.rolesClaim())));
  }

  /** By its name, or by the names of the objects that it is in, such as {@code realm.roles}. */
  private static @Nullable Object claim(Map<String, Object> claims, String name) {
    Object direct = claims.get(name);
    int dot = name.indexOf('.');
    if (direct != null || dot < 0) {
      return direct;
    }
    return claims.get(name.substring(0, dot)) instanceof Map<?, ?> inner
        ? claim(named(inner), name.substring(dot + 1))
        : null;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> named(Map<?, ?> json) {
    return (Map<String, Object>) json;
  }

  /** A list, or a text of names with spaces between; those of other servers are left out. */
  private static Set<Role> roles(@Nullable Object claim) {
    Collection<?> labels =
        claim instanceof Collection<?> list
            ? list
            : Arrays.asList(String.valueOf(claim == null ? "" : claim).split(" "));
    EnumSet<Role> roles = EnumSet.noneOf(Role.class);
    labels.forEach(label -> Role.of(String.valueOf(label)).ifPresent(roles::add));
    return roles;
  }
}
