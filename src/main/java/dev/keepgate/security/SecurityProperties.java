package dev.keepgate.security;

import java.nio.file.Path;
import java.time.Duration;
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
 */
@ConfigurationProperties(SecurityProperties.PREFIX)
public record SecurityProperties(
    @DefaultValue("false") boolean open,
    @Nullable Path keysFile,
    @DefaultValue("false") boolean createKeysFile,
    @DefaultValue("4MB") DataSize keysFileLimit,
    @DefaultValue("1s") Duration keysReload,
    @DefaultValue("100") int failuresPerSecond) {

  static final String PREFIX = "keepgate.security";
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
    if (createKeysFile && keysFile == null) {
      throw new IllegalArgumentException(
          "keepgate.security.create-keys-file: say where, in keepgate.security.keys-file");
    }
  }

  /** Whether callers are asked who they are. */
  boolean hasCredentials() {
    return !open && keysFile != null;
  }
}
