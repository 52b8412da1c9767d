package dev.keepgate.sequence;

import dev.keepgate.memory.MemoryPlan;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * State that the server keeps. Counts and sizes are of one store: of a process where sequences lie
 * in its memory, of all processes where they lie in Redis.
 *
 * @param store where sequences lie
 * @param handOver whether sequences in memory move to Redis when the process ends, for the next
 *     that is asked for them
 * @param ttl how long a sequence outlives its last step, where its client does not say
 * @param maxTtl the most that a client may ask for
 * @param maxCount sequences that may be open
 * @param maxCountPerModel sequences of one version that may be open
 * @param maxBytes memory that they may take, about; null for their share of the heap, or, in Redis,
 *     for {@link #IN_REDIS}
 * @param maxBytesPerModel memory that those of one version may take, about; null for all of it
 * @param maxSequenceBytes memory that one may take, its last answer included
 * @param whenFull what becomes of one too many
 * @param tombstones expired sequences to remember as expired rather than unknown
 * @param maxWaiting steps of one sequence that may wait for the one before
 * @param reapInterval how often expired sequences are freed
 * @param retryAfter what a client is told to wait when a bound is reached or the store is away
 */
@Validated
@ConfigurationProperties("keepgate.sequences")
public record SequenceProperties(
    @DefaultValue("memory") Store store,
    @DefaultValue("false") boolean handOver,
    @DefaultValue("15m") Duration ttl,
    @DefaultValue("24h") Duration maxTtl,
    @Min(1) @DefaultValue("100000") int maxCount,
    @Min(1) @DefaultValue("100000") int maxCountPerModel,
    @Nullable DataSize maxBytes,
    @Nullable DataSize maxBytesPerModel,
    @DefaultValue("16MB") DataSize maxSequenceBytes,
    @DefaultValue("reject") WhenFull whenFull,
    @Min(0) @DefaultValue("100000") int tombstones,
    @Min(1) @DefaultValue("64") int maxWaiting,
    @DefaultValue("1s") Duration reapInterval,
    @DefaultValue("1s") Duration retryAfter) {

  /**
   * @throws IllegalArgumentException if {@code ttl} is not between a millisecond and {@code maxTtl}
   */
  public SequenceProperties {
    if (ttl.toMillis() < 1 || ttl.compareTo(maxTtl) > 0) {
      throw new IllegalArgumentException(
          "keepgate.sequences.ttl is %s, expected 1ms to keepgate.sequences.max-ttl, which is %s"
              .formatted(ttl, maxTtl));
    }
  }

  /** Bytes that sequences may take where they lie in Redis, and nothing else is said. */
  static final long IN_REDIS = 512L << 20;

  /** Bytes that the store's sequences may take: what is set, or their share of the heap. */
  public long bytes(MemoryPlan plan) {
    return within(store == Store.REDIS ? IN_REDIS : plan.sequences()).bytes();
  }

  /** With bytes for what is not set. */
  public SequenceProperties within(long bytes) {
    DataSize all = maxBytes == null ? DataSize.ofBytes(bytes) : maxBytes;
    return new SequenceProperties(
        store,
        handOver,
        ttl,
        maxTtl,
        maxCount,
        maxCountPerModel,
        all,
        maxBytesPerModel == null ? all : maxBytesPerModel,
        maxSequenceBytes,
        whenFull,
        tombstones,
        maxWaiting,
        reapInterval,
        retryAfter);
  }

  /** Bytes of all sequences, once it is {@link #within} some. */
  long bytes() {
    return Objects.requireNonNull(maxBytes).toBytes();
  }

  /** Bytes of one version's sequences, once it is {@link #within} some. */
  long bytesPerModel() {
    return Objects.requireNonNull(maxBytesPerModel).toBytes();
  }

  /** Where sequences lie. */
  public enum Store {
    /** In this process, and nowhere else. */
    MEMORY,
    /** In Redis or Valkey, for every process that uses the same one. */
    REDIS
  }

  /** What becomes of one sequence too many. */
  public enum WhenFull {
    /** It is refused. */
    REJECT,
    /** The one that would expire first makes room for it. */
    EVICT
  }
}
