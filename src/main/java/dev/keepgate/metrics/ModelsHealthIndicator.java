package dev.keepgate.metrics;

import dev.keepgate.registry.ModelRegistry;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Up once the models of the start are loaded; part of the readiness group. */
@Component("models")
class ModelsHealthIndicator implements HealthIndicator {

  private final ModelRegistry registry;

  ModelsHealthIndicator(ModelRegistry registry) {
    this.registry = registry;
  }

  @Override
  public Health health() {
    return registry.isReady() ? Health.up().build() : Health.outOfService().build();
  }
}
