package dev.keepgate.metrics;

import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryProperties;
import dev.keepgate.registry.StorageFault;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.File;
import java.util.Locale;
import org.springframework.stereotype.Component;

/** Gauges of what is loaded, and of where it is kept, read when they are scraped. */
@Component
class ModelMeters implements MeterBinder {

  private final ModelRegistry models;
  private final File repository;

  ModelMeters(ModelRegistry models, RegistryProperties properties) {
    this.repository = properties.repository().path().toFile();
    this.models = models;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (ModelStatus status : ModelStatus.values()) {
      String name = status.name().toLowerCase(Locale.ROOT);
      MeterName.MODELS.gauge(() -> count(status), name).register(registry);
    }
    for (StorageFault fault : StorageFault.values()) {
      String name = fault.name().toLowerCase(Locale.ROOT);
      MeterName.REPOSITORY_FAULT
          .gauge(() -> models.storageFault() == fault ? 1 : 0, name)
          .register(registry);
    }
    MeterName.REPOSITORY_FREE.gauge(repository::getUsableSpace).register(registry);
    MeterName.REPOSITORY_SIZE.gauge(repository::getTotalSpace).register(registry);
    MeterName.MODEL_MEMORY.gauge(models::memoryUsed).register(registry);
    MeterName.MODEL_BUDGET.gauge(models::memoryBudget).register(registry);
  }

  private long count(ModelStatus status) {
    return models.list().stream().filter(model -> model.status() == status).count();
  }
}
