package dev.keepgate.metrics;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelListener;
import dev.keepgate.registry.ModelStatistics;
import dev.keepgate.registry.ModelStatistics.Tally;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * What each version is asked, read from its own statistics when it is scraped: requests pay nothing
 * for it. There are as many as versions are loaded, and they go with their version.
 */
@Component
class VersionMeters implements ModelListener {

  private final MeterRegistry registry;

  /** By their versions; of a number that was loaded again, the newer. */
  private final Map<ModelId, Served> versions = new ConcurrentHashMap<>();

  /** By model and label; they go with the model's last version. */
  private final Map<String, Map<String, Counter>> passedOver = new ConcurrentHashMap<>();

  /** A version that is loaded. */
  private record Served(ModelInfo info, List<Meter> meters) {}

  VersionMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void loaded(ModelInfo model, ModelStatistics statistics, Duration took) {
    versions.compute(
        model.id(),
        (id, former) -> {
          remove(former);
          List<Meter> meters =
              List.of(
                  meter(id, statistics.success, "success"), meter(id, statistics.fail, "error"));
          return new Served(model, meters);
        });
  }

  private Meter meter(ModelId id, Tally tally, String outcome) {
    return MeterName.VERSION_REQUESTS
        .timed(
            tally,
            each -> each.total().count(),
            each -> each.total().nanos(),
            id.name(),
            Long.toString(id.version()),
            outcome)
        .register(registry);
  }

  private void remove(@Nullable Served former) {
    if (former != null) {
      former.meters().forEach(registry::remove);
    }
  }

  @Override
  public void unloaded(ModelInfo model) {
    ModelId id = model.id();
    versions.computeIfPresent(
        id,
        (key, served) -> {
          boolean isAnother = !Objects.equals(served.info().loadedAt(), model.loadedAt());
          if (!isAnother) {
            remove(served);
          }
          return isAnother ? served : null;
        });
    if (versions.keySet().stream().noneMatch(each -> each.name().equals(id.name()))) {
      Map<String, Counter> counters = passedOver.remove(id.name());
      if (counters != null) {
        counters.values().forEach(registry::remove);
      }
    }
  }

  @Override
  public void passedOver(String model, String label) {
    passedOver
        .computeIfAbsent(model, name -> new ConcurrentHashMap<>())
        .computeIfAbsent(
            label, name -> MeterName.LABEL_PASSED_OVER.counter(model, name).register(registry))
        .increment();
  }
}
