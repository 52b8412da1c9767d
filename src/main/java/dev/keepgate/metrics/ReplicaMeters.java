package dev.keepgate.metrics;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ReplicaListener;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import org.springframework.stereotype.Component;

/** What passes between this server and its replicas. */
@Component
class ReplicaMeters implements ReplicaListener {

  static final String MODELS = "keepgate.replica.models";
  static final String BYTES = "keepgate.replica.bytes";
  static final String RECONCILIATIONS = "keepgate.replica.reconciliations";

  private final MeterRegistry registry;

  ReplicaMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void happened(ModelId id, Event event, long bytes) {
    String name = event.name().toLowerCase(Locale.ROOT);
    registry.counter(MODELS, "event", name).increment();
    if (bytes > 0) {
      registry.counter(BYTES, "event", name).increment((double) bytes);
    }
  }

  @Override
  public void reconciled(boolean success) {
    registry.counter(RECONCILIATIONS, "outcome", success ? "success" : "error").increment();
  }
}
