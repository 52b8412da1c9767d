package dev.keepgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Holds the table of meters against the code. {@code -Dkeepgate.pages.write=true} writes the table
 * anew.
 */
class MetersPageTest {

  private static final Path PAGE = Path.of("src/docs/metrics.md");
  private static final String BEGIN = "<!-- made by MetersPageTest -->\n";
  private static final String END = "<!-- end -->";
  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");

  @Test
  void tableIsWhatTheCodeSays() throws Exception {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    String table = table();
    if (Boolean.getBoolean("keepgate.pages.write")) {
      Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(page.indexOf(END)));
      return;
    }
    assertThat(page.substring(begin, page.indexOf(END)))
        .as("the table; CONTRIBUTING.md tells how it is made anew")
        .isEqualTo(table);
  }

  private static String table() {
    StringBuilder table =
        new StringBuilder("| meter | in Prometheus | is a | tags | |\n|---|---|---|---|---|\n");
    for (MeterName name : MeterName.values()) {
      String tags = name.keys().stream().collect(Collectors.joining("`, `", "`", "`"));
      table.append(
          "| `%s` | %s | %s | %s |\n"
              .formatted(
                  name.id(), inPrometheus(name), name.keys().isEmpty() ? "" : tags, meaning(name)));
    }
    return table.toString();
  }

  private static String meaning(MeterName name) {
    String former = name.formerId();
    return name.description() + (former == null ? "" : "; formerly `" + former + "`");
  }

  /** What Micrometer calls it there, and what it makes of it. */
  private static String inPrometheus(MeterName name) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    String[] values = name.keys().toArray(new String[0]);
    switch (name.kind()) {
      case TIMER -> name.timer(values).register(registry);
      case SUMMED_TIMER -> name.timed(name, meter -> 1, meter -> 1, values).register(registry);
      case SUMMARY -> name.summary(values).register(registry);
      case COUNTER -> name.counter(values).register(registry);
      case SECONDS_COUNTER -> name.counted(name, meter -> 1, values).register(registry);
      case GAUGE, BYTES, SECONDS -> name.gauge(() -> 1, values).register(registry);
    }
    Matcher type = TYPE.matcher(registry.scrape());
    assertThat(type.find()).as("%s is scraped", name).isTrue();
    String kind =
        switch (name.kind()) {
          case TIMER, SUMMED_TIMER -> "timer";
          case SUMMARY -> "summary";
          case COUNTER, SECONDS_COUNTER -> "counter";
          case GAUGE, BYTES, SECONDS -> "gauge";
        };
    List<String> printed = List.of("`" + type.group(1) + "`", kind);
    return String.join(" | ", printed);
  }
}
