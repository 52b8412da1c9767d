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
 */
@ConfigurationProperties("keepgate.metrics")
record MetricsProperties(
    @DefaultValue({"1ms", "2ms", "5ms", "10ms", "50ms", "200ms", "1s", "5s"})
        List<Duration> latencyBuckets) {

  Duration[] buckets() {
    return latencyBuckets.toArray(new Duration[0]);
  }
}
