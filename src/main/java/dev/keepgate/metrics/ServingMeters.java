package dev.keepgate.metrics;

import dev.keepgate.api.http.ProblemListener;
import dev.keepgate.batch.BatchListener;
import dev.keepgate.inference.InferenceListener;
import dev.keepgate.inference.Operation;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.springframework.stereotype.Component;

/**
 * Every meter of the server, with its tags. Models are tagged by name, not by version, and never by
 * what a client merely asked for, so the number of series stays small.
 */
@Component
class ServingMeters implements BatchListener, InferenceListener, ModelListener, ProblemListener {

  static final String REQUESTS = "keepgate.requests";
  static final String STAGE = "keepgate.stage";
  static final String STEPS = "keepgate.steps";
  static final String BATCH_ROWS = "keepgate.batch.rows";
  static final String LANE_ROWS = "keepgate.lane.rows";
  static final String ERRORS = "keepgate.errors";
  static final String LOADS = "keepgate.model.loads";

  private final MeterRegistry registry;
  private final DistributionSummary laneRows;
  private final ConcurrentMap<Key, Timer> requests = new ConcurrentHashMap<>();
  private final ConcurrentMap<Key, Timer> stages = new ConcurrentHashMap<>();
  private final ConcurrentMap<Key, Counter> steps = new ConcurrentHashMap<>();
  private final ConcurrentMap<Key, DistributionSummary> rows = new ConcurrentHashMap<>();

  /** Meters are looked up by this on every request, which is cheaper than by their tags. */
  private record Key(String model, Operation operation, String detail) {}

  ServingMeters(MeterRegistry registry) {
    this.registry = registry;
    this.laneRows =
        DistributionSummary.builder(LANE_ROWS)
            .description("Rows, of any requests, that a lane took on together")
            .publishPercentileHistogram()
            .register(registry);
  }

  @Override
  public void stepping(CompiledModel model, int rows) {
    laneRows.record(rows);
  }

  @Override
  public void stage(ModelId model, Operation operation, Stage stage, Duration took) {
    stages
        .computeIfAbsent(
            new Key(model.name(), operation, stage.name()),
            key ->
                Timer.builder(STAGE)
                    .description("Time that a part of a request takes")
                    .tags("model", model.name(), "operation", operation.id())
                    .tag("stage", stage.name().toLowerCase(Locale.ROOT))
                    .publishPercentileHistogram()
                    .register(registry))
        .record(took);
  }

  @Override
  public void computed(ModelId model, Operation operation, int batch, long computed) {
    steps
        .computeIfAbsent(
            new Key(model.name(), operation, ""),
            key ->
                Counter.builder(STEPS)
                    .description("Time steps computed, of all rows together")
                    .tags("model", model.name(), "operation", operation.id())
                    .register(registry))
        .increment((double) computed);
    rows.computeIfAbsent(
            new Key(model.name(), operation, ""),
            key ->
                DistributionSummary.builder(BATCH_ROWS)
                    .description("Rows of a request")
                    .tags("model", model.name(), "operation", operation.id())
                    .publishPercentileHistogram()
                    .register(registry))
        .record(batch);
  }

  @Override
  public void answered(ModelId model, Operation operation, boolean success, Duration took) {
    String outcome = success ? "success" : "error";
    requests
        .computeIfAbsent(
            new Key(model.name(), operation, outcome),
            key ->
                Timer.builder(REQUESTS)
                    .description("Time from a request's first byte to its answer's last")
                    .tags("model", model.name(), "operation", operation.id(), "outcome", outcome)
                    .publishPercentileHistogram()
                    .register(registry))
        .record(took);
  }

  @Override
  public void problem(String slug) {
    registry.counter(ERRORS, "slug", slug).increment();
  }

  @Override
  public void loaded(ModelInfo model, Duration took) {
    load("loaded", took);
  }

  @Override
  public void rejected(ModelId id, Throwable cause, Duration took) {
    load("rejected", took);
  }

  private void load(String outcome, Duration took) {
    Timer.builder(LOADS)
        .description("Time to read, compile and warm up a model")
        .tag("outcome", outcome)
        .register(registry)
        .record(took);
  }
}
