package dev.keepgate.metrics;

import dev.keepgate.batch.BatchScheduler;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Up while every worker is there; part of the liveness group, for nothing else brings one back. */
@Component("workers")
class WorkersHealthIndicator implements HealthIndicator {

  private final BatchScheduler scheduler;

  WorkersHealthIndicator(BatchScheduler scheduler) {
    this.scheduler = scheduler;
  }

  @Override
  public Health health() {
    int alive = scheduler.workersAlive();
    Health.Builder health = alive == scheduler.workerCount() ? Health.up() : Health.down();
    return health
        .withDetail("alive", alive)
        .withDetail("expected", scheduler.workerCount())
        .build();
  }
}
