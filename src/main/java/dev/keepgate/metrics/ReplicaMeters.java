package dev.keepgate.metrics;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ReplicaListener;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import org.springframework.stereotype.Component;

/** What passes between this server and its replicas. */
@Component
class ReplicaMeters implements ReplicaListener {

  private final MeterRegistry registry;

  ReplicaMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void happened(ModelId id, Event event, long bytes) {
    String name = event.name().toLowerCase(Locale.ROOT);
    MeterName.REPLICA_MODELS.counter(name).register(registry).increment();
    if (bytes > 0) {
      MeterName.REPLICA_BYTES.counter(name).register(registry).increment((double) bytes);
    }
  }

  @Override
  public void reconciled(boolean success) {
    MeterName.RECONCILIATIONS.counter(success ? "success" : "error").register(registry).increment();
  }
}
