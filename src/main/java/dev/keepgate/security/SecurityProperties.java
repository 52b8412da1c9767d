package dev.keepgate.security;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Who may ask this server. Without credentials it binds loopback, and anybody there may do
 * everything.
 *
 * @param open anybody may do everything, on any address, whatever credentials there are
 * @param keysFile the YAML file of keys, which is read again when it has changed
 * @param createKeysFile where the keys file is missing at start, it is made, with one key of all
 *     roles; the key's text is in the file {@code first-key} beside it
 * @param keysFileLimit bytes that the keys file has at most
 * @param keysReload how often the keys file is looked at
 * @param failuresPerSecond requests without a valid key that are answered 401; more of them get 429
 * @param jwt whose JSON Web Tokens are taken, beside keys
 * @param clientCertificates whose certificates are taken, where TLS asks clients for one
 */
@ConfigurationProperties(SecurityProperties.PREFIX)
public record SecurityProperties(
    @DefaultValue("false") boolean open,
    @Nullable Path keysFile,
    @DefaultValue("false") boolean createKeysFile,
    @DefaultValue("4MB") DataSize keysFileLimit,
    @DefaultValue("1s") Duration keysReload,
    @DefaultValue("100") int failuresPerSecond,
    @DefaultValue Jwt jwt,
    @DefaultValue List<ClientCertificate> clientCertificates) {

  static final String PREFIX = "keepgate.security";

  /**
   * Tokens (RFC 7519), of which the subject is the caller's name.
   *
   * @param issuer who makes them, an URL; where its keys are it says itself, unless keySet does
   * @param keySet the URL of the keys by which they are signed (RFC 7517)
   * @param audience that a token has to be for; null for any
   * @param rolesClaim the claim that lists the caller's roles; in an object behind a dot
   * @param timeout how long the issuer is waited for
   * @param minRefresh time between two looks for keys that are not known
   */
  public record Jwt(
      @Nullable String issuer,
      @Nullable String keySet,
      @Nullable String audience,
      @DefaultValue("roles") String rolesClaim,
      @DefaultValue("2s") Duration timeout,
      @DefaultValue("30s") Duration minRefresh) {

    private static final Duration KEPT = Duration.ofMinutes(5);

    public Jwt {
      requireUrl("issuer", issuer);
      requireUrl("key-set", keySet);
      if (minRefresh.toMillis() < 1 || minRefresh.compareTo(KEPT) >= 0) {
        throw new IllegalArgumentException(
            "keepgate.security.jwt.min-refresh: '%s' is not 1ms to less than the %s for which keys are kept"
                .formatted(minRefresh, KEPT));
      }
    }

    private static void requireUrl(String setting, @Nullable String value) {
      if (value != null && !value.matches("https?://.+")) {
        throw new IllegalArgumentException(
            "keepgate.security.jwt.%s: '%s' is no http or https URL".formatted(setting, value));
      }
    }

    boolean isUsed() {
      return issuer != null || keySet != null;
    }
  }

  /**
   * A client that is known by its certificate.
   *
   * @param subject the certificate's common name, or all of its subject, such as {@code CN=a,O=b}
   * @param roles what it may do
   */
  public record ClientCertificate(String subject, Set<Role> roles) {}

  private static final DataSize MOST = DataSize.ofMegabytes(256);

  public SecurityProperties {
    if (keysFileLimit.toBytes() < 1 || keysFileLimit.compareTo(MOST) > 0) {
      throw new IllegalArgumentException(
          "keepgate.security.keys-file-limit: '%s' is not 1B to %s".formatted(keysFileLimit, MOST));
    }
    if (keysReload.isNegative() || keysReload.isZero()) {
      throw new IllegalArgumentException(
          "keepgate.security.keys-reload: '%s' is no time".formatted(keysReload));
    }
    if (failuresPerSecond < 1) {
      throw new IllegalArgumentException(
          "keepgate.security.failures-per-second: %d is less than 1".formatted(failuresPerSecond));
    }
    clientCertificates = List.copyOf(clientCertificates);
    if (!jwt.isUsed() && jwt.audience() != null) {
      throw new IllegalArgumentException(
          "keepgate.security.jwt.audience: say whose tokens, by issuer or key-set");
    }
    if (createKeysFile && keysFile == null) {
      throw new IllegalArgumentException(
          "keepgate.security.create-keys-file: say where, in keepgate.security.keys-file");
    }
  }

  /** Whether callers are asked who they are. */
  public boolean hasCredentials() {
    return !open && !credentials().isEmpty();
  }

  /** The settings by which callers would be known, those of an open server included. */
  List<String> credentials() {
    return Stream.of(
            keysFile == null ? null : "keys-file",
            jwt.isUsed() ? "jwt" : null,
            takesCertificates() ? "client-certificates" : null)
        .filter(Objects::nonNull)
        .map(name -> PREFIX + "." + name)
        .toList();
  }

  /** Whether a client may be known by the certificate of its connection. */
  public boolean takesCertificates() {
    return !clientCertificates.isEmpty();
  }
}
