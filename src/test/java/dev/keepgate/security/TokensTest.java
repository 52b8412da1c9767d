package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.RSASSASigner;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.security.authentication.BadCredentialsException;

class TokensTest {

  @Test
  void issuerIsNotAskedForEveryKeyThatSomebodyMakesUp() throws Exception {
    try (TestIssuer issuer = new TestIssuer()) {
      Tokens tokens =
          new Tokens(
              new SecurityProperties.Jwt(
                  null,
                  issuer.keySet(),
                  null,
                  "realm.access.roles",
                  Duration.ofSeconds(2),
                  Duration.ofMinutes(4)));
      Caller caller =
          tokens.caller(
              issuer.token(
                  issuer
                      .claims("none")
                      .claim("realm", Map.of("access", Map.of("roles", List.of("manage"))))));
      assertThat(caller.name()).isEqualTo("ann@example.org");
      assertThat(caller.roles()).containsExactly(Role.MANAGE);
      assertThat(caller.owner()).matches("~[A-Za-z0-9_-]{43}");
      for (int i = 0; i < 50; i++) {
        String madeUp =
            TestIssuer.signed(
                issuer.claims("infer"),
                JWSAlgorithm.RS256,
                "made-up-" + i,
                new RSASSASigner(issuer.key));
        // The issuer has answered: it is the token that is at fault.
        assertThatThrownBy(() -> tokens.caller(madeUp)).isInstanceOf(BadCredentialsException.class);
      }
      assertThat(issuer.asked).hasValueLessThanOrEqualTo(3);
    }
  }
}
