package dev.keepgate.bench;

import dev.keepgate.bench.KernelBenchmark.Line;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the kernel benchmark found, for machines and for eyes. */
record KernelReport(MachineLimits limits, List<Line> lines) {

  private static final int WIDTH = 1100;
  private static final int PANEL_HEIGHT = 210;
  private static final int LEFT = 60;
  private static final double MOST = 4;

  /** The machine's limits, and what the numbers of the cells mean. */
  Map<String, Object> machine() {
    Map<String, Object> machine = new LinkedHashMap<>();
    machine.put("best_gemm_gflops_per_core", limits.gemmGflops());
    machine.put("streaming_read_gb_per_s", limits.memoryGbs());
    machine.put("processors", Runtime.getRuntime().availableProcessors());
    machine.put("jdk", Runtime.version().toString());
    machine.put("geometric_mean_ratio", geometricMean(Line::ratio));
    machine.put("times", "microseconds a request, the fastest of interleaved rounds");
    machine.put(
        "threads",
        "so many requests at a time: workers here, concurrent runs of one ONNX Runtime session with"
            + " one thread each, networks in DL4J");
    return machine;
  }

  String summary() {
    Line worst =
        lines.stream().min((a, b) -> Double.compare(a.ratio(), b.ratio())).orElseThrow();
    long below = lines.stream().filter(line -> line.ratio() < 1).count();
    StringBuilder text = new StringBuilder();
    text.append(
        "against ONNX Runtime: geometric mean %.2f, least %.2f (H=%d, batch %d, time %d, threads %d), %d of %d cells below 1%n"
            .formatted(
                geometricMean(Line::ratio),
                worst.ratio(),
                worst.hidden(),
                worst.batch(),
                worst.time(),
                worst.threads(),
                below,
                lines.size()));
    if (lines.get(0).dl4j_us() > 0) {
      text.append(
          "against DL4J: geometric mean %.1f, least %.1f%n"
              .formatted(
                  geometricMean(KernelReport::dl4jRatio),
                  lines.stream().mapToDouble(KernelReport::dl4jRatio).min().orElseThrow()));
    }
    lines.stream()
        .filter(line -> line.batch() >= 8)
        .mapToDouble(Line::share)
        .min()
        .ifPresent(
            share ->
                text.append(
                    "share of the roofline at batch 8 and more: %.0f %% at least%n"
                        .formatted(100 * share)));
    return text.toString();
  }

  private static double dl4jRatio(Line line) {
    return line.dl4j_us() / line.keepgate_us();
  }

  private double geometricMean(ToDoubleFunction<Line> value) {
    return Math.exp(
        lines.stream().mapToDouble(value).map(Math::log).average().orElse(Double.NaN));
  }

  /** A panel for each time and number of threads, a group of bars for each size, a bar a batch. */
  String svg() {
    Map<String, List<Line>> panels =
        lines.stream()
            .collect(
                Collectors.groupingBy(
                    line -> "time %d, threads %d".formatted(line.time(), line.threads()),
                    LinkedHashMap::new,
                    Collectors.toList()));
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' font-size='11'>%n"
            .formatted(WIDTH, 40 + panels.size() * PANEL_HEIGHT));
    svg.append("<rect width='100%' height='100%' fill='white'/>\n");
    svg.append(
        "<text x='%d' y='20' font-size='14'>ONNX Runtime's time / Keepgate's time (1 = equal; higher is faster)</text>%n"
            .formatted(LEFT));
    int top = 40;
    for (Map.Entry<String, List<Line>> panel : panels.entrySet()) {
      panel(svg, panel.getKey(), panel.getValue(), top);
      top += PANEL_HEIGHT;
    }
    return svg.append("</svg>\n").toString();
  }

  private static void panel(StringBuilder svg, String title, List<Line> cells, int top) {
    double bar = (WIDTH - LEFT - 20.0) / cells.size();
    int bottom = top + PANEL_HEIGHT - 45;
    int height = PANEL_HEIGHT - 70;
    svg.append("<text x='%d' y='%d'>%s</text>%n".formatted(LEFT, top + 14, title));
    for (int i = 0; i < cells.size(); i++) {
      Line line = cells.get(i);
      double tall = Math.min(MOST, line.ratio()) / MOST * height;
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>%n",
              LEFT + i * bar + 1,
              bottom - tall,
              bar - 2,
              tall,
              line.ratio() >= 1 ? "#2a7f62" : "#c0392b"));
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x='%.1f' y='%.1f' text-anchor='middle' font-size='9'>%.1f</text>%n",
              LEFT + (i + 0.5) * bar,
              bottom - tall - 3,
              line.ratio()));
      label(svg, LEFT + (i + 0.5) * bar, bottom + 12, "B" + line.batch());
      if (i == 0 || cells.get(i - 1).hidden() != line.hidden()) {
        label(svg, LEFT + (i + 1.5) * bar, bottom + 28, "H=" + line.hidden());
      }
    }
    IntStream.rangeClosed(0, (int) MOST)
        .forEach(
            tick -> {
              double y = bottom - tick / MOST * height;
              svg.append(
                  String.format(
                      Locale.ROOT,
                      "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='%s'/>%n",
                      LEFT,
                      WIDTH - 20,
                      y,
                      y,
                      tick == 1 ? "black" : "#dddddd"));
              label(svg, LEFT - 12, y + 4, Integer.toString(tick));
            });
  }

  private static void label(StringBuilder svg, double x, double y, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x='%.1f' y='%.1f' text-anchor='middle'>%s</text>%n",
            x,
            y,
            text));
  }
}
