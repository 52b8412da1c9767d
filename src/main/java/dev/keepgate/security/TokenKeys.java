package dev.keepgate.security;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetRetrievalException;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The public keys of an issuer of tokens, from where it is said that they are, or where the issuer
 * says so (OpenID Connect Discovery, 4). Not asked before the first token comes.
 */
final class TokenKeys implements JWKSetSource<SecurityContext> {

  private static final Logger log = LoggerFactory.getLogger(TokenKeys.class);

  private static final int MOST_BYTES = 1 << 20;
  private static final String DISCOVERY = "/.well-known/openid-configuration";

  private final @Nullable String issuer;
  private final DefaultResourceRetriever http;
  private volatile @Nullable String keySet;
  private volatile boolean answered;

  /**
   * @param keySet null where the issuer is to say
   */
  TokenKeys(@Nullable String issuer, @Nullable String keySet, Duration timeout) {
    this.issuer = issuer;
    this.keySet = keySet;
    int millis = Math.toIntExact(timeout.toMillis());
    this.http = new DefaultResourceRetriever(millis, millis, MOST_BYTES);
  }

  @Override
  public JWKSet getJWKSet(
      JWKSetCacheRefreshEvaluator refresh, long now, @Nullable SecurityContext context)
      throws KeySourceException {
    try {
      String known = keySet;
      if (known == null) {
        known = discovered(Objects.requireNonNull(issuer));
        keySet = known;
      }
      JWKSet keys = JWKSet.parse(get(known));
      answered = true;
      return keys;
    } catch (IOException | ParseException | IllegalArgumentException e) {
      answered = false;
      // No oftener than keys are looked for.
      log.warn("The keys of the issuer of tokens are not to be had: {}", e.toString());
      throw new JWKSetRetrievalException("the issuer's keys are not to be had", e);
    }
  }

  /** Whether the issuer gave its keys when it was last asked. */
  boolean haveAnswered() {
    return answered;
  }

  private String get(String uri) throws IOException {
    return http.retrieveResource(URI.create(uri).toURL()).getContent();
  }

  private String discovered(String from) throws IOException, ParseException {
    Map<String, Object> document =
        JSONObjectUtils.parse(get(from.replaceAll("/$", "") + DISCOVERY));
    if (!from.equals(JSONObjectUtils.getString(document, "issuer"))) {
      throw new IOException(from + " says that it is another issuer");
    }
    String uri = JSONObjectUtils.getString(document, "jwks_uri");
    if (uri == null) {
      throw new IOException(from + " does not say where its keys are");
    }
    return uri;
  }

  @Override
  public void close() {}
}
