package dev.keepgate.metrics;

import dev.keepgate.security.Caller;
import dev.keepgate.security.CallerListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.springframework.stereotype.Component;

/**
 * What became of requests, by the names of those who sent them. Names come from files and tokens,
 * and each makes lines of the metrics page: there are only so many, and the rest is one.
 */
@Component
class CallerMeters implements CallerListener {

  /** Who has no name of their own here. */
  static final String OTHER = "other";

  private final MeterRegistry registry;
  private final int most;
  private final Set<String> names = ConcurrentHashMap.newKeySet();
  private final ConcurrentMap<Asked, Counter> counters = new ConcurrentHashMap<>();

  private record Asked(String caller, Outcome outcome) {}

  CallerMeters(MeterRegistry registry, MetricsProperties properties) {
    this.registry = registry;
    this.most = properties.maxCallers();
    for (Outcome outcome : Outcome.values()) {
      counters.computeIfAbsent(new Asked(OTHER, outcome), this::counter);
    }
  }

  @Override
  public void asked(Caller caller, Outcome outcome) {
    counters.computeIfAbsent(new Asked(known(caller.name()), outcome), this::counter).increment();
  }

  private String known(String name) {
    if (names.contains(name)) {
      return name;
    }
    if (names.size() >= most) {
      return OTHER;
    }
    synchronized (names) {
      if (names.size() < most) {
        names.add(name);
      }
      return names.contains(name) ? name : OTHER;
    }
  }

  private Counter counter(Asked asked) {
    return MeterName.SECURITY_REQUESTS
        .counter(asked.caller(), asked.outcome().label())
        .register(registry);
  }
}
