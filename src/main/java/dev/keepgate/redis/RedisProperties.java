package dev.keepgate.redis;

import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What all that lies in Redis or Valkey has in common.
 *
 * @param prefix what the names of all keys and channels begin with: servers share models and
 *     sequences with those of the same prefix, and no others; 1 to 64 letters, digits, {@code . _
 *     -}
 */
@ConfigurationProperties("keepgate.redis")
public record RedisProperties(@DefaultValue("keepgate") String prefix) {

  /** No braces, which would end the hash tag; no colon, which parts a prefix from what follows. */
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  /**
   * @throws IllegalArgumentException if the prefix is not of the form above
   */
  public RedisProperties {
    if (!FORM.matcher(prefix).matches()) {
      throw new IllegalArgumentException(
          "keepgate.redis.prefix must be 1 to 64 letters, digits and '.', '_', '-', and start with"
              + " a letter or digit, got '%s'".formatted(prefix));
    }
  }

  /** What sequences' keys begin with, such as <code>{keepgate}:</code>: one hash tag for all. */
  public String keys() {
    return "{" + prefix + "}:";
  }

  /** What the keys of another room begin with, such as <code>{keepgate:models}:</code>. */
  public String keys(String room) {
    return "{" + prefix + ":" + room + "}:";
  }
}
