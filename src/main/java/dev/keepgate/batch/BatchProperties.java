package dev.keepgate.batch;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How the arithmetic is scheduled.
 *
 * @param lanes threads that compute; 0 for one a processor
 * @param queueCapacity requests that may wait; one more is refused
 */
@Validated
@ConfigurationProperties("keepgate.batch")
public record BatchProperties(
    @Min(0) @Max(1024) @DefaultValue("0") int lanes,
    @Min(1) @DefaultValue("1024") int queueCapacity) {

  int laneCount() {
    return lanes > 0 ? lanes : Runtime.getRuntime().availableProcessors();
  }
}
