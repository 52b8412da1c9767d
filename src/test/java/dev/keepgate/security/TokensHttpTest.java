package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/** A server that takes an issuer's tokens beside its own keys. */
@TestPropertySource(
    properties = {
      "keepgate.security.jwt.min-refresh=1ms",
      "keepgate.security.failures-per-second=1000000"
    })
class TokensHttpTest extends KeyedServerTest {

  private static final TestIssuer ISSUER = issuer();

  private static TestIssuer issuer() {
    try {
      return new TestIssuer();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @DynamicPropertySource
  static void settings(DynamicPropertyRegistry properties) throws Exception {
    TestKeys.use(properties);
    properties.add("keepgate.security.jwt.issuer", ISSUER::url);
    properties.add("keepgate.security.jwt.audience", () -> "keepgate");
  }

  @AfterEach
  void comeBack() {
    ISSUER.isAway = false;
  }

  @AfterAll
  static void close() {
    ISSUER.close();
  }

  private HttpResponse<String> step(String token) throws Exception {
    return send("POST", STEP, token, STEP_BODY);
  }

  private static JWTClaimsSet.Builder claims() {
    return ISSUER.claims(List.of("infer"));
  }

  @Test
  void takesTokensAndKeys() throws Exception {
    assertThat(step(ISSUER.token(claims())).statusCode()).isEqualTo(200);
    assertThat(step(ISSUER.ellipticToken(claims())).statusCode()).isEqualTo(200);
    assertThat(step(TestKeys.text(Role.INFER)).statusCode()).isEqualTo(200);
  }

  @Test
  void rolesAreThoseOfTheClaim() throws Exception {
    String text = ISSUER.token(ISSUER.claims("openid infer other"));
    assertThat(step(text).statusCode()).isEqualTo(200);
    HttpResponse<String> denied = step(ISSUER.token(ISSUER.claims(List.of("observe", "root"))));
    assertThat(denied.statusCode()).isEqualTo(403);
    assertThat(json(denied).path("detail").asString())
        .isEqualTo("'ann@example.org' may not do this: it has observe, and needs the role infer");
    HttpResponse<String> none = step(ISSUER.token(ISSUER.claims(Map.of("infer", true))));
    assertThat(none.statusCode()).isEqualTo(403);
    assertThat(json(none).path("detail").asString()).contains("it has no role");
  }

  @Test
  void refusesWhatIsNoTokenOfTheIssuers() throws Exception {
    RSASSASigner signer = new RSASSASigner(ISSUER.key);
    Date past = Date.from(Instant.now().minusSeconds(3600));
    String valid = ISSUER.token(claims());
    String shared =
        TestIssuer.signed(
            claims(),
            JWSAlgorithm.HS256,
            ISSUER.key.getKeyID(),
            new MACSigner(ISSUER.key.toRSAPublicKey().getEncoded()));
    for (String token :
        List.of(
            ISSUER.token(claims().expirationTime(past)),
            ISSUER.token(claims().issuer("http://127.0.0.1/other")),
            ISSUER.token(claims().audience("another")),
            ISSUER.token(claims().audience((String) null)),
            ISSUER.token(claims().subject(null)),
            ISSUER.token(claims().notBeforeTime(Date.from(Instant.now().plusSeconds(3600)))),
            TestIssuer.signed(
                claims(),
                JWSAlgorithm.RS256,
                ISSUER.key.getKeyID(),
                new RSASSASigner(TestIssuer.rsa("x"))),
            TestIssuer.signed(claims(), JWSAlgorithm.RS256, "unknown", signer),
            shared,
            new PlainJWT(claims().build()).serialize(),
            valid.substring(0, valid.length() - 8) + "AAAAAAAA",
            "ey.ey.ey")) {
      HttpResponse<String> refused = step(token);
      assertThat(refused.statusCode()).as(token).isEqualTo(401);
      assertThat(refused.headers().firstValue("WWW-Authenticate").orElseThrow())
          .contains("invalid_token");
      assertThat(refused.body()).doesNotContain(token);
    }
  }

  @Test
  void tokenDoesNotSayWhereItsKeysAre() throws Exception {
    try (TestIssuer stranger = new TestIssuer()) {
      SignedJWT token =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.RS256)
                  .keyID(stranger.key.getKeyID())
                  .jwkURL(URI.create(stranger.keySet()))
                  .jwk(stranger.key.toPublicJWK())
                  .build(),
              claims().build());
      token.sign(new RSASSASigner(stranger.key));
      assertThat(step(token.serialize()).statusCode()).isEqualTo(401);
      assertThat(stranger.asked).hasValue(0);
    }
  }

  @Test
  void takesTheIssuersNewKeys() throws Exception {
    assertThat(step(ISSUER.token(claims())).statusCode()).isEqualTo(200);
    ISSUER.key = TestIssuer.rsa("second");
    assertThat(step(ISSUER.token(claims())).statusCode()).isEqualTo(200);
  }

  @Test
  void saysThatTheIssuerIsAway() throws Exception {
    ISSUER.isAway = true;
    ISSUER.key = TestIssuer.rsa("third");
    HttpResponse<String> answer = step(ISSUER.token(claims()));
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(json(answer).path("type").asString())
        .isEqualTo("urn:keepgate:problem:authentication-unavailable");
    assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
    assertThat(step(TestKeys.text(Role.INFER)).statusCode()).isEqualTo(200);
  }

  @Test
  void keyOfTheSameNameHasOtherSequences() throws Exception {
    String open = "/v1/models/notebook-cell/sequences";
    String asKey = ISSUER.token(claims().subject("infer"));
    assertThat(send("POST", open, asKey, "{\"id\": \"of-a-token\"}").statusCode()).isEqualTo(201);
    assertThat(send("GET", "/v1/sequences/of-a-token", asKey, null).statusCode()).isEqualTo(200);
    assertThat(
            send("GET", "/v1/sequences/of-a-token", TestKeys.text(Role.INFER), null).statusCode())
        .isEqualTo(404);
  }
}
