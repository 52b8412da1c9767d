package dev.keepgate.metrics;

import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.StorageFault;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.stereotype.Component;

/**
 * Whether models can be stored. What is loaded is served either way, so this is no part of the
 * liveness or readiness group. A repository that may only be read may be meant so: that has a
 * status of its own, which leaves the whole server's UP.
 */
@Component("repository")
class RepositoryHealthIndicator implements HealthIndicator {

  static final Status READ_ONLY = new Status("READ_ONLY");

  private final ModelRegistry registry;

  RepositoryHealthIndicator(ModelRegistry registry) {
    this.registry = registry;
  }

  @Override
  public Health health() {
    StorageFault fault = registry.storageFault();
    if (fault == null) {
      return Health.up().build();
    }
    return switch (fault) {
      case READ_ONLY -> Health.status(READ_ONLY).build();
      case FULL, MISSING, FAILED -> Health.outOfService().withDetail("fault", fault).build();
    };
  }
}
