package dev.keepgate.bench;

import java.util.List;
import java.util.Locale;

/**
 * What the serving benchmark found, for eyes.
 *
 * @param setting where and when it was, and on what
 */
record ServingReport(String setting, List<ServingBenchmark.Line> lines) {

  private static final int ROW = 18;
  private static final int LEFT = 260;
  private static final int WIDTH = 900;

  /** A table as documentation has it. */
  String markdown() {
    StringBuilder table = new StringBuilder(setting).append("\n\n");
    table.append(
        """
        | requests | clients | a second | peer | ratio | p99 ms | peer's | CPU us a request | peer's |
        |---|---|---|---|---|---|---|---|---|
        """);
    for (ServingBenchmark.Line line : lines) {
      table.append(
          String.format(
              Locale.ROOT,
              "| %s, H=%d, %s | %d | %,.0f | %,.0f | %.2f | %s | %s | %s | %s |%n",
              line.work(),
              line.hidden(),
              line.format(),
              line.clients(),
              line.keepgatePerSecond(),
              line.peerPerSecond(),
              line.ratio(),
              significant(line.keepgateP99() / 1000),
              significant(line.peerP99() / 1000),
              significant(line.keepgateCpu()),
              significant(line.peerCpu())));
    }
    return table.toString();
  }

  /** Two or three digits, as runs differ in the second. */
  private static String significant(double value) {
    return Double.isNaN(value)
        ? "–"
        : String.format(Locale.ROOT, value < 10 ? "%.1f" : "%,.0f", value);
  }

  /** A bar a cell: how many times the peer's throughput. */
  String svg() {
    double most = lines.stream().mapToDouble(ServingBenchmark.Line::ratio).max().orElse(1);
    double scale = (WIDTH - LEFT - 60) / Math.max(1, most);
    int height = ROW * (lines.size() + 2);
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' font-size='12'>"
            .formatted(WIDTH, height));
    svg.append("<text x='4' y='14'>requests a second, times Spring Boot + ONNX Runtime</text>");
    for (int i = 0; i < lines.size(); i++) {
      ServingBenchmark.Line line = lines.get(i);
      int y = ROW * (i + 1) + 4;
      svg.append(
          "<text x='4' y='%d'>%s H=%d, %d clients, %s</text>"
              .formatted(y + 12, line.work(), line.hidden(), line.clients(), line.format()));
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x='%d' y='%d' width='%.1f' height='13' fill='%s'/><text x='%.1f' y='%d'>%.2f</text>",
              LEFT,
              y + 2,
              line.ratio() * scale,
              line.ratio() >= 1 ? "#3a7" : "#c53",
              LEFT + line.ratio() * scale + 4,
              y + 12,
              line.ratio()));
    }
    double one = LEFT + scale;
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1='%.1f' y1='%d' x2='%.1f' y2='%d' stroke='black' stroke-dasharray='3'/></svg>",
            one,
            ROW,
            one,
            height));
    return svg.toString();
  }
}
