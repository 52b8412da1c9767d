package dev.keepgate.metrics;

import dev.keepgate.api.http.ProblemListener;
import dev.keepgate.batch.BatchListener;
import dev.keepgate.inference.InferenceContext;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.observation.MeterObservationHandler;
import io.micrometer.observation.Observation;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * The meters of requests, workers and loads. Models are tagged by name, not by version, and never
 * by what a client merely asked for; those of a model go with its last version.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class ServingMeters
    implements BatchListener,
        MeterObservationHandler<InferenceContext>,
        ModelListener,
        ProblemListener {

  static final String WORKER_ROWS = "keepgate.lane.rows";
  static final String WORKERS_REPLACED = "keepgate.workers.replaced";
  static final String ERRORS = "keepgate.errors";
  static final String LOADS = "keepgate.model.loads";

  /** Rows of a batch: its size is bounded, so a few powers of two say it. */
  private static final double[] ROWS = {1, 2, 4, 8, 16, 32, 64};

  private final MeterRegistry registry;
  private final MetricsProperties properties;
  private final DistributionSummary workerRows;
  private final Counter replaced;
  private final ConcurrentMap<String, RequestMeters> requests = new ConcurrentHashMap<>();
  private final Map<String, Integer> versions = new ConcurrentHashMap<>();

  ServingMeters(MeterRegistry registry, MetricsProperties properties) {
    this.registry = registry;
    this.properties = properties;
    this.workerRows =
        DistributionSummary.builder(WORKER_ROWS)
            .description("Rows, of any requests, that a worker took on together")
            .serviceLevelObjectives(ROWS)
            .register(registry);
    this.replaced =
        Counter.builder(WORKERS_REPLACED)
            .description("Workers that ended by a failure and were replaced")
            .register(registry);
  }

  @Override
  public void stepping(int rows) {
    workerRows.record(rows);
  }

  @Override
  public void replaced() {
    replaced.increment();
  }

  @Override
  public boolean supportsContext(Observation.Context context) {
    return context instanceof InferenceContext;
  }

  /** Comes before the model's last handle is closed, and so before its meters are removed. */
  @Override
  public void onStop(InferenceContext context) {
    String model = context.model().name();
    RequestMeters meters = requests.get(model);
    if (meters == null) {
      meters =
          requests.computeIfAbsent(
              model, name -> new RequestMeters(registry, name, properties.buckets()));
    }
    meters.record(context);
  }

  @Override
  public void problem(String slug) {
    registry.counter(ERRORS, "slug", slug).increment();
  }

  @Override
  public void loaded(ModelInfo model, Duration took) {
    versions.merge(model.id().name(), 1, Integer::sum);
    load("loaded", took);
  }

  @Override
  public void rejected(ModelId id, Throwable cause, Duration took) {
    load("rejected", took);
  }

  @Override
  public void unloaded(ModelInfo model) {
    versions.computeIfPresent(
        model.id().name(),
        (name, count) -> {
          if (count > 1) {
            return count - 1;
          }
          RequestMeters meters = requests.remove(name);
          if (meters != null) {
            meters.remove();
          }
          return null;
        });
  }

  private void load(String outcome, Duration took) {
    Timer.builder(LOADS)
        .description("Time to read, compile and warm up a model")
        .tag("outcome", outcome)
        .register(registry)
        .record(took);
  }
}
