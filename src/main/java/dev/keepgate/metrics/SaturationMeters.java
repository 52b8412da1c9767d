package dev.keepgate.metrics;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.memory.InFlightMemory;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.stereotype.Component;

/** How much of what is bounded is used: workers, permits, memory; read when it is scraped. */
@Component
class SaturationMeters implements MeterBinder {

  private final BatchScheduler scheduler;
  private final InFlightMemory memory;

  SaturationMeters(BatchScheduler scheduler, InFlightMemory memory) {
    this.scheduler = scheduler;
    this.memory = memory;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    MeterName.WORKERS.gauge(scheduler::workerCount).register(registry);
    MeterName.WORKERS_BUSY
        .counted(scheduler, workers -> workers.busyTime().toNanos() / 1e9)
        .register(registry);
    MeterName.QUEUE.gauge(scheduler::queued).register(registry);
    MeterName.ADMITTED.gauge(scheduler::admitted).register(registry);
    MeterName.MOST_ADMITTED.gauge(scheduler::mostAdmitted).register(registry);
    MeterName.ADMISSION_LIMIT.gauge(scheduler::admissionLimit).register(registry);
    MeterName.IN_FLIGHT.gauge(memory::requestUsed, "request").register(registry);
    MeterName.IN_FLIGHT.gauge(memory::answerUsed, "answer").register(registry);
    MeterName.IN_FLIGHT_LIMIT.gauge(memory::requestTotal, "request").register(registry);
    MeterName.IN_FLIGHT_LIMIT.gauge(memory::answerTotal, "answer").register(registry);
    MeterName.MEMORY_WAITING.gauge(memory::waiting).register(registry);
  }
}
