package dev.keepgate.batch;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.DeprecatedConfigurationProperty;
import org.springframework.validation.annotation.Validated;

/**
 * Former names of settings, which are heeded for one release where the present ones are not set.
 *
 * @param lanes former name of {@code keepgate.batch.workers}
 */
@Validated
@ConfigurationProperties("keepgate.batch")
record DeprecatedBatchProperties(@Min(0) @Max(1024) @Nullable Integer lanes) {

  private static final Logger log = LoggerFactory.getLogger(DeprecatedBatchProperties.class);

  @Override
  @DeprecatedConfigurationProperty(replacement = "keepgate.batch.workers", since = "0.1.0")
  public @Nullable Integer lanes() {
    return lanes;
  }

  /** The settings, with what was set by a former name alone; says so in the log. */
  BatchProperties applyTo(BatchProperties properties) {
    if (lanes == null) {
      return properties;
    }
    log.warn(
        "keepgate.batch.lanes is now keepgate.batch.workers, and will not be heeded in the next"
            + " release");
    return properties.workers() > 0 ? properties : properties.withWorkers(lanes);
  }
}
