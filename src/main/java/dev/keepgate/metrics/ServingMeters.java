package dev.keepgate.metrics;

import dev.keepgate.batch.BatchListener;
import dev.keepgate.inference.ErrorCode;
import dev.keepgate.inference.ErrorListener;
import dev.keepgate.inference.InferenceContext;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.MeterObservationHandler;
import io.micrometer.observation.Observation;
import java.time.Duration;
import java.util.List;
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
        ErrorListener {

  /** Rows of a batch: its size is bounded, so a few powers of two say it. */
  private static final double[] ROWS = {1, 2, 4, 8, 16, 32, 64};

  private static final String LOADED = "loaded";
  private static final String REJECTED = "rejected";

  private final MeterRegistry registry;
  private final MetricsProperties properties;
  private final Distribution batchSize;
  private final Distribution wholeRows;
  private final Counter replaced;
  private final ConcurrentMap<String, RequestMeters> requests = new ConcurrentHashMap<>();
  private final Map<String, Integer> versions = new ConcurrentHashMap<>();

  ServingMeters(MeterRegistry registry, MetricsProperties properties) {
    this.registry = registry;
    this.properties = properties;
    this.batchSize = new Distribution(registry, MeterName.BATCH_SIZE, ROWS);
    this.wholeRows = new Distribution(registry, MeterName.WHOLE_ROWS, ROWS);
    this.replaced = MeterName.WORKERS_REPLACED.counter().register(registry);
    registerAtZero();
  }

  /** What is counted from nothing on: a counter that appears with its first event hides it. */
  private void registerAtZero() {
    for (ErrorCode code : ErrorCode.values()) {
      MeterName.ERRORS.counter(code.slug()).register(registry);
    }
    for (String outcome : List.of(LOADED, REJECTED)) {
      MeterName.MODEL_LOADS.timer(outcome).register(registry);
    }
  }

  @Override
  public void stepping(int rows) {
    batchSize.record(rows);
  }

  @Override
  public void unrolling(int rows) {
    wholeRows.record(rows);
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
          requests.computeIfAbsent(model, name -> new RequestMeters(registry, name, properties));
    }
    meters.record(context);
  }

  @Override
  public void errorSent(String slug) {
    MeterName.ERRORS.counter(slug).register(registry).increment();
  }

  @Override
  public void loaded(ModelInfo model, Duration took) {
    versions.merge(model.id().name(), 1, Integer::sum);
    load(LOADED, took);
  }

  @Override
  public void rejected(ModelId id, Throwable cause, Duration took) {
    load(REJECTED, took);
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
    MeterName.MODEL_LOADS.timer(outcome).register(registry).record(took);
  }
}
