package dev.keepgate.metrics;

import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How finely is measured: every bucket is a line of the metrics page for each model, operation and
 * outcome.
 *
 * @param latencyBuckets upper ends of the buckets of requests' times; none for no histogram
 * @param stageBuckets upper ends of the buckets of the times that a request's stages take, and the
 *     store of sequences; none for no histogram
 * @param maxCallers callers that are counted by their names, the first that come; all others are
 *     counted together, as {@code other}
 */
@ConfigurationProperties("keepgate.metrics")
record MetricsProperties(
    @DefaultValue({"1ms", "2ms", "5ms", "10ms", "50ms", "200ms", "1s", "5s"})
        List<Duration> latencyBuckets,
    @DefaultValue({"100us", "500us", "2ms", "10ms", "50ms", "200ms", "1s"})
        List<Duration> stageBuckets,
    @DefaultValue("0") int maxCallers) {

  MetricsProperties {
    if (maxCallers < 0) {
      throw new IllegalArgumentException(
          "keepgate.metrics.max-callers: %d is less than 0".formatted(maxCallers));
    }
  }

  Duration[] requests() {
    return latencyBuckets.toArray(new Duration[0]);
  }

  Duration[] stages() {
    return stageBuckets.toArray(new Duration[0]);
  }
}
