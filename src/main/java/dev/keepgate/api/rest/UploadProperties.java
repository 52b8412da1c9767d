package dev.keepgate.api.rest;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Bounds of uploads, each of which holds a request's thread while its model is read and loaded.
 *
 * @param maxConcurrent uploads at once
 * @param fullWait how long one more waits for its turn before it is refused
 * @param stallTimeout time of waiting for a client, after which it has to have sent {@code
 *     minProgress}; else the upload ends
 * @param minProgress bytes that have to come within each {@code stallTimeout} of waiting
 */
@Validated
@ConfigurationProperties("keepgate.uploads")
record UploadProperties(
    @DefaultValue("8") @Min(1) @Max(1024) int maxConcurrent,
    @DefaultValue("1s") Duration fullWait,
    @DefaultValue("30s") Duration stallTimeout,
    @DefaultValue("256KB") DataSize minProgress) {

  UploadProperties {
    if (fullWait.isNegative()) {
      throw new IllegalArgumentException(
          "keepgate.uploads.full-wait must not be negative, got " + fullWait);
    }
    if (stallTimeout.isNegative() || stallTimeout.isZero()) {
      throw new IllegalArgumentException(
          "keepgate.uploads.stall-timeout must be positive, got " + stallTimeout);
    }
    if (minProgress.toBytes() < 1) {
      throw new IllegalArgumentException(
          "keepgate.uploads.min-progress must be positive, got " + minProgress);
    }
  }
}
