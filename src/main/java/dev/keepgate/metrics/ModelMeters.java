package dev.keepgate.metrics;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.memory.InFlightMemory;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;

/** Gauges of what is loaded and of what waits, read when they are scraped. */
@Component
class ModelMeters implements MeterBinder {

  static final String MODELS = "keepgate.models";
  static final String MODEL_MEMORY = "keepgate.model.memory";
  static final String MODEL_BUDGET = "keepgate.model.memory.budget";
  static final String QUEUE = "keepgate.queue";

  static final String ADMITTED = "keepgate.requests.admitted";
  static final String IN_FLIGHT = "keepgate.memory.in.flight";
  static final String IN_FLIGHT_LIMIT = "keepgate.memory.in.flight.limit";

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
        .description("Requests that wait for a worker")
        .register(registry);
    Gauge.builder(ADMITTED, scheduler::admitted)
        .description("Requests that have been let in and are not computed yet")
        .register(registry);
    bindMemory(registry);
  }

  private void bindMemory(MeterRegistry registry) {
    inFlight(IN_FLIGHT, "request", memory::requestUsed)
        .description(
            "Memory that requests hold of what their clients sent, or of what is made of it")
        .register(registry);
    inFlight(IN_FLIGHT, "answer", memory::answerUsed)
        .description(
            "Memory that requests hold of what their clients sent, or of what is made of it")
        .register(registry);
    inFlight(IN_FLIGHT_LIMIT, "request", memory::requestTotal)
        .description("Memory that requests may hold")
        .register(registry);
    inFlight(IN_FLIGHT_LIMIT, "answer", memory::answerTotal)
        .description("Memory that requests may hold")
        .register(registry);
  }

  private static Gauge.Builder<Supplier<Number>> inFlight(
      String name, String side, Supplier<Number> bytes) {
    return Gauge.builder(name, bytes).tag("side", side).baseUnit("bytes");
  }

  private long count(ModelStatus status) {
    return models.list().stream().filter(model -> model.status() == status).count();
  }
}
