package dev.keepgate.inference;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Bounds of one request.
 *
 * @param maxWorkingMemory what computing it may take: the widest layer's numbers of all its steps
 * @param defaultDeadline after which a request that names no deadline is dropped; none where not
 *     set
 * @param retryAfter what a client is told to wait when the queue is full
 * @param fullQueuePause how long a request waits to try a full queue once more: who is refused at
 *     once comes back at once, and refusing takes the time of answering
 */
@Validated
@ConfigurationProperties("keepgate.inference")
public record InferenceProperties(
    @DefaultValue("512MB") DataSize maxWorkingMemory,
    @Nullable Duration defaultDeadline,
    @DefaultValue("1s") Duration retryAfter,
    @DefaultValue("20ms") Duration fullQueuePause) {

  public InferenceProperties {
    if (fullQueuePause.isNegative() || fullQueuePause.toMillis() > MOST_PAUSE_MILLIS) {
      throw new IllegalArgumentException(
          "keepgate.inference.full-queue-pause is from 0 to 10s, got " + fullQueuePause);
    }
  }

  /** Request threads wait that long: more would take them from requests that can be served. */
  private static final long MOST_PAUSE_MILLIS = 10_000;
}
