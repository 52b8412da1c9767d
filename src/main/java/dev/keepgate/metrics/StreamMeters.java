package dev.keepgate.metrics;

import dev.keepgate.inference.StreamListener;
import dev.keepgate.inference.StreamStatistics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** What becomes of the records of streams. There are none of a server without bindings. */
@Component
class StreamMeters implements StreamListener, MeterBinder {

  private final MeterRegistry registry;
  private final ObjectProvider<StreamStatistics> statistics;
  private final ConcurrentMap<Counted, Counter> counters = new ConcurrentHashMap<>();

  /** Counters are looked up by this, which is cheaper than by their tags. */
  private record Counted(MeterName name, String binding, String of) {}

  StreamMeters(MeterRegistry registry, ObjectProvider<StreamStatistics> statistics) {
    this.registry = registry;
    this.statistics = statistics;
  }

  @Override
  public void bindTo(MeterRegistry to) {
    StreamStatistics streams = statistics.getIfAvailable();
    if (streams == null) {
      return;
    }
    for (String binding : streams.bindings()) {
      MeterName.STREAM_UP.gauge(() -> streams.isUp(binding) ? 1 : 0, binding).register(to);
      MeterName.STREAM_LAG.gauge(() -> streams.lag(binding), binding).register(to);
      MeterName.STREAM_STATES.gauge(() -> streams.states(binding), binding).register(to);
      MeterName.STREAM_IN_FLIGHT.gauge(() -> streams.inFlight(binding), binding).register(to);
      for (Outcome outcome : Outcome.values()) {
        count(MeterName.STREAM_RECORDS, binding, name(outcome), 0);
      }
      count(MeterName.STREAM_RESTORED, binding, "", 0);
      count(MeterName.STREAM_DEAD_LETTERS, binding, "value", 0);
    }
  }

  private static String name(Outcome outcome) {
    return outcome.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void record(String binding, Outcome outcome) {
    count(MeterName.STREAM_RECORDS, binding, name(outcome), 1);
  }

  @Override
  public void deadLetter(String binding, String reason) {
    count(MeterName.STREAM_DEAD_LETTERS, binding, reason, 1);
  }

  @Override
  public void restored(String binding, long states) {
    count(MeterName.STREAM_RESTORED, binding, "", (double) states);
  }

  /**
   * @param of the second tag's value; empty where there is none
   */
  private void count(MeterName name, String binding, String of, double by) {
    counters
        .computeIfAbsent(
            new Counted(name, binding, of),
            key ->
                (of.isEmpty() ? name.counter(binding) : name.counter(binding, of))
                    .register(registry))
        .increment(by);
  }
}
