package dev.keepgate.metrics;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.memory.InFlightMemory;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;

/** Gauges of what is loaded and of what waits, read when they are scraped. */
@Component
class ModelMeters implements MeterBinder {

  private final ModelRegistry models;
  private final BatchScheduler scheduler;
  private final InFlightMemory memory;

  ModelMeters(ModelRegistry models, BatchScheduler scheduler, InFlightMemory memory) {
    this.memory = memory;
    this.models = models;
    this.scheduler = scheduler;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (ModelStatus status : ModelStatus.values()) {
      String name = status.name().toLowerCase(Locale.ROOT);
      MeterName.MODELS.gauge(() -> count(status), name).register(registry);
    }
    bytes(registry, MeterName.MODEL_MEMORY, models::memoryUsed);
    bytes(registry, MeterName.MODEL_BUDGET, models::memoryBudget);
    MeterName.QUEUE.gauge(scheduler::queued).register(registry);
    MeterName.ADMITTED.gauge(scheduler::admitted).register(registry);
    bytes(registry, MeterName.IN_FLIGHT, memory::requestUsed, "request");
    bytes(registry, MeterName.IN_FLIGHT, memory::answerUsed, "answer");
    bytes(registry, MeterName.IN_FLIGHT_LIMIT, memory::requestTotal, "request");
    bytes(registry, MeterName.IN_FLIGHT_LIMIT, memory::answerTotal, "answer");
  }

  private static void bytes(
      MeterRegistry registry, MeterName name, Supplier<Number> bytes, String... tags) {
    name.gauge(bytes, tags).baseUnit("bytes").register(registry);
  }

  private long count(ModelStatus status) {
    return models.list().stream().filter(model -> model.status() == status).count();
  }
}
