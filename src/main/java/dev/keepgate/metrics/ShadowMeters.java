package dev.keepgate.metrics;

import dev.keepgate.inference.ShadowListener;
import dev.keepgate.inference.ShadowQueue;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelListener;
import dev.keepgate.registry.Shadow;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * What becomes of requests that shadows are sent. The meters of a shadow go with its version, and
 * those of the shadow that was used longest ago where there are too many: labels are named by
 * clients.
 */
@Component
class ShadowMeters implements ShadowListener, ModelListener, MeterBinder {

  private static final int MOST = 1000;

  /** What sums of rounded floats differ by, and what nobody takes for that. */
  private static final double[] DIFFERENCES = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1};

  private final MeterRegistry registry;
  private final ObjectProvider<ShadowQueue> queue;

  /** By use; guarded by this. */
  private final Map<Key, Meters> meters = new LinkedHashMap<>(16, 0.75f, true);

  private record Key(ModelId model, String label) {}

  /** Of one shadow. */
  private record Meters(Map<Outcome, Counter> outcomes, Distribution differences) {}

  ShadowMeters(MeterRegistry registry, ObjectProvider<ShadowQueue> queue) {
    this.registry = registry;
    this.queue = queue;
  }

  @Override
  public void bindTo(MeterRegistry to) {
    MeterName.SHADOW_QUEUE.gauge(() -> queue.getObject().queued()).register(to);
    MeterName.SHADOW_MEMORY.gauge(() -> queue.getObject().memoryUsed()).register(to);
    MeterName.SHADOW_SEQUENCES.gauge(() -> queue.getObject().followed()).register(to);
  }

  @Override
  public synchronized void shadowed(Shadow shadow, Outcome outcome, double difference) {
    Meters own =
        meters.computeIfAbsent(new Key(shadow.model(), shadow.label()), key -> meters(shadow));
    Counter counter = own.outcomes().get(outcome);
    if (counter != null) {
      counter.increment();
    }
    if (!Double.isNaN(difference)) {
      own.differences().record(difference);
    }
    if (meters.size() > MOST) {
      Iterator<Meters> eldest = meters.values().iterator();
      remove(eldest.next());
      eldest.remove();
    }
  }

  /** All outcomes from 0 on: a counter that appears with its first event hides it. */
  private Meters meters(Shadow shadow) {
    String model = shadow.model().name();
    String version = Long.toString(shadow.model().version());
    Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);
    for (Outcome outcome : Outcome.values()) {
      String name = outcome.name().toLowerCase(Locale.ROOT);
      outcomes.put(
          outcome,
          MeterName.SHADOW.counter(model, version, shadow.label(), name).register(registry));
    }
    return new Meters(
        outcomes,
        new Distribution(
            registry, MeterName.SHADOW_DIFFERENCE, DIFFERENCES, model, version, shadow.label()));
  }

  private void remove(Meters former) {
    former.outcomes().values().forEach(registry::remove);
    former.differences().remove();
  }

  @Override
  public synchronized void unloaded(ModelInfo model) {
    meters
        .entrySet()
        .removeIf(
            each -> {
              boolean isGone = each.getKey().model().equals(model.id());
              if (isGone) {
                remove(each.getValue());
              }
              return isGone;
            });
  }
}
