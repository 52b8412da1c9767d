package dev.keepgate.metrics;

import dev.keepgate.model.ModelId;
import dev.keepgate.sequence.SequenceException;
import dev.keepgate.sequence.SequenceListener;
import dev.keepgate.sequence.SequenceStore;
import dev.keepgate.sequence.SequenceUsage;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** What becomes of sequences, and what the store keeps, read when it is scraped. */
@Component
class SequenceMeters implements SequenceListener, MeterBinder {

  private final MeterRegistry registry;
  private final ObjectProvider<SequenceStore> stores;

  SequenceMeters(MeterRegistry registry, ObjectProvider<SequenceStore> stores) {
    this.registry = registry;
    this.stores = stores;
  }

  @Override
  public void bindTo(MeterRegistry meters) {
    MeterName.SEQUENCES_OPEN.gauge(() -> usage(SequenceUsage::open)).register(meters);
    MeterName.SEQUENCES_MEMORY
        .gauge(() -> usage(SequenceUsage::bytes))
        .baseUnit("bytes")
        .register(meters);
    MeterName.SEQUENCES_OLDEST
        .gauge(() -> usage(SequenceMeters::age))
        .baseUnit("seconds")
        .register(meters);
  }

  private double usage(ToDoubleFunction<SequenceUsage> figure) {
    try {
      return figure.applyAsDouble(stores.getObject().usage());
    } catch (SequenceException.Unavailable e) {
      return Double.NaN;
    }
  }

  private static double age(SequenceUsage usage) {
    Instant oldest = usage.oldest();
    return oldest == null ? 0 : Duration.between(oldest, Instant.now()).toMillis() / 1e3;
  }

  @Override
  public void opened(ModelId model) {
    count(model, "created", 1);
  }

  @Override
  public void stepped(ModelId model, int steps) {
    count(model, "stepped", steps);
  }

  @Override
  public void repeated(ModelId model) {
    count(model, "retried", 1);
  }

  @Override
  public void ended(ModelId model, End end) {
    count(model, end.name().toLowerCase(Locale.ROOT), 1);
  }

  @Override
  public void rejected(ModelId model) {
    count(model, "rejected", 1);
  }

  private void count(ModelId model, String event, int times) {
    MeterName.SEQUENCES.counter(model.name(), event).register(registry).increment(times);
  }
}
