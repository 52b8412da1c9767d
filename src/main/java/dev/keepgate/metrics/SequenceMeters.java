package dev.keepgate.metrics;

import dev.keepgate.memory.MemoryPlan;
import dev.keepgate.model.ModelId;
import dev.keepgate.sequence.SequenceException;
import dev.keepgate.sequence.SequenceListener;
import dev.keepgate.sequence.SequenceProperties;
import dev.keepgate.sequence.SequenceStore;
import dev.keepgate.sequence.SequenceStoreListener;
import dev.keepgate.sequence.SequenceUsage;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * What becomes of sequences, how the store answers, and what it keeps. That is asked for when it is
 * scraped, once for all meters: it may be a round trip, and one that waits for a store that is
 * away.
 */
@Component
class SequenceMeters implements SequenceListener, SequenceStoreListener, MeterBinder {

  /** How long an answer of the store is used: for one scrape. */
  private static final Duration FRESH = Duration.ofMillis(100);

  private final MeterRegistry registry;
  private final ObjectProvider<SequenceStore> stores;
  private final MetricsProperties metrics;
  private final int limit;
  private final long memoryLimit;
  private final ConcurrentMap<Asked, Timer> asked = new ConcurrentHashMap<>();

  /** Of the last scrape; null where the store was away. Guarded by this, like the next. */
  private @Nullable SequenceUsage usage;

  private long usageExpires = System.nanoTime();

  /** Timers are looked up by this, which is cheaper than by their tags. */
  private record Asked(Operation operation, Outcome outcome) {}

  SequenceMeters(
      MeterRegistry registry,
      ObjectProvider<SequenceStore> stores,
      MetricsProperties metrics,
      SequenceProperties properties,
      MemoryPlan memory) {
    this.registry = registry;
    this.stores = stores;
    this.metrics = metrics;
    this.limit = properties.maxCount();
    this.memoryLimit = properties.bytes(memory);
  }

  @Override
  public void bindTo(MeterRegistry meters) {
    MeterName.SEQUENCES_OPEN.gauge(() -> usage(SequenceUsage::open)).register(meters);
    MeterName.SEQUENCES_LIMIT.gauge(() -> limit).register(meters);
    MeterName.SEQUENCES_MEMORY.gauge(() -> usage(SequenceUsage::bytes)).register(meters);
    MeterName.SEQUENCES_MEMORY_LIMIT.gauge(() -> memoryLimit).register(meters);
    MeterName.SEQUENCES_OLDEST.gauge(() -> usage(SequenceMeters::age)).register(meters);
  }

  private synchronized double usage(ToDoubleFunction<SequenceUsage> figure) {
    if (System.nanoTime() - usageExpires >= 0) {
      usage = usage();
      usageExpires = System.nanoTime() + FRESH.toNanos();
    }
    return usage == null ? Double.NaN : figure.applyAsDouble(usage);
  }

  private @Nullable SequenceUsage usage() {
    try {
      return stores.getObject().usage();
    } catch (SequenceException.Unavailable e) {
      return null;
    }
  }

  private static double age(SequenceUsage usage) {
    Instant oldest = usage.oldest();
    return oldest == null ? 0 : Duration.between(oldest, Instant.now()).toMillis() / 1e3;
  }

  @Override
  public void asked(Operation operation, Outcome outcome, Duration took) {
    asked.computeIfAbsent(new Asked(operation, outcome), this::timer).record(took);
  }

  private Timer timer(Asked key) {
    return MeterName.SEQUENCE_STORE
        .timer(
            key.operation().name().toLowerCase(Locale.ROOT),
            key.outcome().name().toLowerCase(Locale.ROOT))
        .serviceLevelObjectives(metrics.stages())
        .register(registry);
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
