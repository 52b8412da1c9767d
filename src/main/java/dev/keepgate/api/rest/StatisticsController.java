package dev.keepgate.api.rest;

import dev.keepgate.api.http.QueryParameters;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What the server's meters say now, for whoever looks at it without a monitoring system. */
@RestController
@RequestMapping(path = "/v1", produces = MediaType.APPLICATION_JSON_VALUE)
class StatisticsController {

  private static final String OWN = "keepgate.";
  private static final List<String> OTHERS = List.of("jvm.memory.used", "process.cpu.usage");

  private final MeterRegistry registry;

  StatisticsController(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * All meters.
   *
   * @param time when they were read
   */
  record Statistics(Instant time, List<MeterView> meters) {}

  /**
   * A meter.
   *
   * @param tags by their keys
   * @param values by what they are, as the document tells; times in seconds
   */
  record MeterView(String name, Map<String, String> tags, Map<String, Double> values) {

    static MeterView of(Meter meter) {
      Map<String, String> tags = new TreeMap<>();
      for (Tag tag : meter.getId().getTags()) {
        tags.put(tag.getKey(), tag.getValue());
      }
      Map<String, Double> values = new TreeMap<>();
      for (Measurement measurement : meter.measure()) {
        // JSON has no such numbers; a gauge whose subject is gone has one.
        if (Double.isFinite(measurement.getValue())) {
          values.put(
              measurement.getStatistic().getTagValueRepresentation(), measurement.getValue());
        }
      }
      return new MeterView(meter.getId().getName(), tags, values);
    }
  }

  @GetMapping("/statistics")
  Statistics statistics(HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    return new Statistics(
        Instant.now(),
        registry.getMeters().stream()
            .filter(meter -> isShown(meter.getId().getName()))
            .map(MeterView::of)
            .sorted(
                Comparator.comparing(MeterView::name).thenComparing(view -> view.tags().toString()))
            .toList());
  }

  private static boolean isShown(String name) {
    return name.startsWith(OWN) || OTHERS.contains(name);
  }
}
