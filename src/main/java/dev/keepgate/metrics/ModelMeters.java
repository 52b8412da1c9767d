package dev.keepgate.metrics;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import org.springframework.stereotype.Component;

/** Gauges of what is loaded and of what waits, read when they are scraped. */
@Component
class ModelMeters implements MeterBinder {

  static final String MODELS = "keepgate.models";
  static final String MODEL_MEMORY = "keepgate.model.memory";
  static final String MODEL_BUDGET = "keepgate.model.memory.budget";
  static final String QUEUE = "keepgate.queue";

  private final ModelRegistry models;
  private final BatchScheduler scheduler;

  ModelMeters(ModelRegistry models, BatchScheduler scheduler) {
    this.models = models;
    this.scheduler = scheduler;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (ModelStatus status : ModelStatus.values()) {
      Gauge.builder(MODELS, () -> count(status))
          .description("Versions of models, by status")
          .tag("status", status.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
    Gauge.builder(MODEL_MEMORY, models::memoryUsed)
        .description("Memory that models hold")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder(MODEL_BUDGET, models::memoryBudget)
        .description("Memory that models may hold")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder(QUEUE, scheduler::queued)
        .description("Requests that wait for a lane")
        .register(registry);
  }

  private long count(ModelStatus status) {
    return models.list().stream().filter(model -> model.status() == status).count();
  }
}
