package dev.keepgate.security;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** An issuer of tokens, with a document that says where its keys are. */
final class TestIssuer implements AutoCloseable {

  private final HttpServer server;
  final AtomicInteger asked = new AtomicInteger();
  volatile RSAKey key = rsa("first");
  final ECKey elliptic;
  volatile boolean isAway;

  TestIssuer() throws IOException, JOSEException {
    elliptic = new ECKeyGenerator(Curve.P_256).keyID("elliptic").generate();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          String document = "{\"issuer\": \"%s\", \"jwks_uri\": \"%s\"}".formatted(url(), keySet());
          if (path.equals("/keys")) {
            asked.incrementAndGet();
            document = new JWKSet(List.<JWK>of(key, elliptic)).toString(true);
          }
          byte[] body = document.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(isAway ? 500 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  static RSAKey rsa(String id) {
    try {
      return new RSAKeyGenerator(2048).keyID(id).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  String keySet() {
    return url() + "/keys";
  }

  /** A token of an hour. */
  JWTClaimsSet.Builder claims(Object roles) {
    return new JWTClaimsSet.Builder()
        .issuer(url())
        .subject("ann@example.org")
        .audience("keepgate")
        .expirationTime(Date.from(Instant.now().plusSeconds(3600)))
        .claim("roles", roles);
  }

  String token(JWTClaimsSet.Builder claims) throws JOSEException {
    return signed(claims, JWSAlgorithm.RS256, key.getKeyID(), new RSASSASigner(key));
  }

  String ellipticToken(JWTClaimsSet.Builder claims) throws JOSEException {
    return signed(claims, JWSAlgorithm.ES256, "elliptic", new ECDSASigner(elliptic));
  }

  static String signed(
      JWTClaimsSet.Builder claims, JWSAlgorithm algorithm, String keyId, JWSSigner signer)
      throws JOSEException {
    SignedJWT token =
        new SignedJWT(new JWSHeader.Builder(algorithm).keyID(keyId).build(), claims.build());
    token.sign(signer);
    return token.serialize();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
