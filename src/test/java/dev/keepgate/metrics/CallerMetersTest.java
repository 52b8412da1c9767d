package dev.keepgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.security.Caller;
import dev.keepgate.security.CallerListener.Outcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CallerMetersTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private CallerMeters meters(int maxCallers) {
    return new CallerMeters(registry, new MetricsProperties(List.of(), List.of(), maxCallers));
  }

  private static Caller caller(String name) {
    return new Caller(name, name, Set.of(), Caller.Limits.NONE);
  }

  private double count(String caller, Outcome outcome) {
    var counter =
        registry
            .find("keepgate.security.requests")
            .tags("caller", caller, "outcome", outcome.label())
            .counter();
    return counter == null ? -1 : counter.count();
  }

  @Test
  void namesAreNotToldUnlessAskedFor() {
    meters(0).asked(caller("a"), Outcome.ALLOWED);
    assertThat(count("a", Outcome.ALLOWED)).isEqualTo(-1);
    assertThat(count("other", Outcome.ALLOWED)).isEqualTo(1);
    assertThat(count("other", Outcome.RATE_LIMITED)).isZero();
  }

  @Test
  void thereAreSoManyNamesAndTheRestIsOne() {
    CallerMeters meters = meters(2);
    IntStream.range(0, 1000)
        .parallel()
        .forEach(i -> meters.asked(caller("c" + i % 10), Outcome.ALLOWED));
    List<String> named =
        registry.find("keepgate.security.requests").counters().stream()
            .map(counter -> String.valueOf(counter.getId().getTag("caller")))
            .distinct()
            .toList();
    assertThat(named).hasSize(3).contains("other");
    for (String name : named) {
      assertThat(count(name, Outcome.ALLOWED)).isEqualTo(name.equals("other") ? 800 : 100);
    }
  }

  @Test
  void lessThanNoneIsNoBound() {
    assertThatThrownBy(() -> meters(-1)).hasMessageContaining("keepgate.metrics.max-callers");
  }
}
