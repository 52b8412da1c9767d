package dev.keepgate.registry;

import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * How servers serve the same models.
 *
 * @param share by what they know of each other's models
 * @param content where a replica gets another's files from
 * @param interval how often a replica looks whether the others changed anything, in case it was not
 *     told, and tries again what went wrong
 * @param claimTtl after which the number that a dead replica was about to store under is free
 * @param chunkSize bytes of a file that go to Redis at once
 * @param maxBytes of all models' files in Redis
 * @param tombstones removals to remember, for replicas that were away
 */
@Validated
@ConfigurationProperties("keepgate.replicas")
public record ReplicaProperties(
    @DefaultValue("none") Share share,
    @DefaultValue("redis") Content content,
    @DefaultValue("1s") Duration interval,
    @DefaultValue("15s") Duration claimTtl,
    @DefaultValue("1MB") DataSize chunkSize,
    @DefaultValue("8GB") DataSize maxBytes,
    @Min(1) @DefaultValue("100000") int tombstones) {

  private static final long MIN_CHUNK = 1 << 10;
  private static final long MAX_CHUNK = 64 << 20;

  /** By what replicas know of each other's models. */
  public enum Share {
    /** By nothing: this server is alone, or looks into a shared folder from time to time. */
    NONE,
    /** By Redis or Valkey, which {@code spring.data.redis} leads to. */
    REDIS
  }

  /** Where a replica gets another's files from. */
  public enum Content {
    /** From Redis too: each replica has a folder of its own. */
    REDIS,
    /** From the repository's folder, which is one for all replicas. */
    FOLDER
  }

  /**
   * @throws IllegalArgumentException if a duration or a size is out of its range
   */
  public ReplicaProperties {
    require("interval", interval.toMillis() >= 10, "at least 10ms", interval);
    require("claim-ttl", claimTtl.toMillis() >= 1000, "at least 1s", claimTtl);
    long chunk = chunkSize.toBytes();
    require("chunk-size", chunk >= MIN_CHUNK && chunk <= MAX_CHUNK, "1KB to 64MB", chunkSize);
    require("max-bytes", maxBytes.toBytes() > 0, "positive", maxBytes);
  }

  private static void require(String name, boolean condition, String expected, Object value) {
    if (!condition) {
      throw new IllegalArgumentException(
          "keepgate.replicas.%s must be %s, got %s".formatted(name, expected, value));
    }
  }
}
