package dev.keepgate.metrics;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;

/** A distribution of amounts, published by its name and, where it has one, by its former name. */
final class Distribution {

  private final MeterRegistry registry;
  private final List<DistributionSummary> summaries = new ArrayList<>();

  /**
   * @param buckets upper ends of buckets; none for no histogram
   * @param values of its tags
   */
  Distribution(MeterRegistry registry, MeterName name, double[] buckets, String... values) {
    this.registry = registry;
    summaries.add(name.summary(values).serviceLevelObjectives(buckets).register(registry));
    String former = name.formerId();
    if (former != null) {
      summaries.add(
          name.formerSummary(former, values).serviceLevelObjectives(buckets).register(registry));
    }
  }

  void record(double amount) {
    for (DistributionSummary summary : summaries) {
      summary.record(amount);
    }
  }

  /** Takes it off the metrics page. */
  void remove() {
    summaries.forEach(registry::remove);
  }
}
