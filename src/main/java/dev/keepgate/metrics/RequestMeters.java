package dev.keepgate.metrics;

import dev.keepgate.inference.InferenceContext;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.Stage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/** The meters of one model's requests; made when they are needed, and removed together. */
final class RequestMeters {

  private final MeterRegistry registry;
  private final String model;
  private final MetricsProperties properties;
  private final ConcurrentMap<Key, Timer> requests = new ConcurrentHashMap<>();
  private final ConcurrentMap<Key, Timer> stages = new ConcurrentHashMap<>();
  private final ConcurrentMap<Operation, Counter> steps = new ConcurrentHashMap<>();
  private final ConcurrentMap<Operation, Distribution> rows = new ConcurrentHashMap<>();

  /** Meters are looked up by this on every request, which is cheaper than by their tags. */
  private record Key(Operation operation, String detail) {}

  RequestMeters(MeterRegistry registry, String model, MetricsProperties properties) {
    this.registry = registry;
    this.model = model;
    this.properties = properties;
  }

  void record(InferenceContext context) {
    Operation operation = context.operation();
    for (Stage stage : Stage.values()) {
      long took = context.stage(stage);
      if (took >= 0) {
        stages
            .computeIfAbsent(new Key(operation, stage.name()), this::stage)
            .record(took, TimeUnit.NANOSECONDS);
      }
    }
    if (context.rows() > 0) {
      steps.computeIfAbsent(operation, this::steps).increment((double) context.steps());
      rows.computeIfAbsent(operation, this::rows).record(context.rows());
    }
    requests
        .computeIfAbsent(
            new Key(operation, context.isSuccess() ? "success" : "error"), this::requests)
        .record(context.took(), TimeUnit.NANOSECONDS);
  }

  private Timer requests(Key key) {
    return MeterName.REQUESTS
        .timer(model, key.operation().id(), key.detail())
        .serviceLevelObjectives(properties.requests())
        .register(registry);
  }

  private Timer stage(Key key) {
    return MeterName.STAGE
        .timer(model, key.operation().id(), key.detail().toLowerCase(Locale.ROOT))
        .serviceLevelObjectives(properties.stages())
        .register(registry);
  }

  private Counter steps(Operation operation) {
    return MeterName.STEPS.counter(model, operation.id()).register(registry);
  }

  private Distribution rows(Operation operation) {
    return new Distribution(registry, MeterName.REQUEST_ROWS, new double[0], model, operation.id());
  }

  /** Takes all of them off the metrics page. */
  void remove() {
    for (ConcurrentMap<?, ? extends Meter> meters : List.of(requests, stages, steps)) {
      meters.values().forEach(registry::remove);
      meters.clear();
    }
    rows.values().forEach(Distribution::remove);
    rows.clear();
  }
}
