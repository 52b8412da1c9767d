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
 * @param maxWorkingMemory what computing it may take: of all its steps the numbers of the widest
 *     layer, of a network with branches those of all layers
 * @param defaultDeadline after which a request that names no deadline is dropped; none where not
 *     set
 * @param retryAfter what a client is told to wait when the queue is full
 * @param maxHorizon how many steps a forecast, and how many tokens a text may have
 * @param maxSamples how many paths a forecast may draw of each history
 * @param clientCheck how often a request that waits looks whether its client is still there
 */
@Validated
@ConfigurationProperties("keepgate.inference")
public record InferenceProperties(
    @DefaultValue("512MB") DataSize maxWorkingMemory,
    @Nullable Duration defaultDeadline,
    @DefaultValue("1s") Duration retryAfter,
    @DefaultValue("10000") int maxHorizon,
    @DefaultValue("10000") int maxSamples,
    @DefaultValue("50ms") Duration clientCheck) {

  public InferenceProperties {
    if (maxHorizon < 1) {
      throw new IllegalArgumentException(
          "keepgate.inference.max-horizon is 1 at least, got " + maxHorizon);
    }
    if (maxSamples < 1) {
      throw new IllegalArgumentException(
          "keepgate.inference.max-samples is 1 at least, got " + maxSamples);
    }
    if (clientCheck.toMillis() < 1) {
      throw new IllegalArgumentException(
          "keepgate.inference.client-check is 1ms at least, got " + clientCheck);
    }
  }
}
