package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assertions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Debian's Prometheus as a process of its own, which scrapes one server and has its alerts. */
record PrometheusProcess(Process process, URI address) implements AutoCloseable {

  static final Path PROMTOOL = Path.of("/usr/bin/promtool");

  private static final String REQUIRED = "KEEPGATE_REQUIRE_PROMETHEUS";
  private static final Path PROMETHEUS = Path.of("/usr/bin/prometheus");
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  private static final String CONFIGURATION =
      """
      global: {scrape_interval: 250ms, evaluation_interval: 500ms}
      rule_files: [alerts.yml]
      scrape_configs:
        - job_name: keepgate
          metrics_path: /actuator/prometheus
          static_configs: [{targets: ["localhost:%d"]}]
      """;

  /** Skips the calling test where there is none; fails it where the environment requires it. */
  static void require() {
    if (!Files.isExecutable(PROMETHEUS) || !Files.isExecutable(PROMTOOL)) {
      String missing = "there is no %s with %s".formatted(PROMETHEUS, PROMTOOL);
      if (Boolean.parseBoolean(System.getenv(REQUIRED))) {
        Assertions.fail(missing);
      }
      abort(missing);
    }
  }

  /**
   * Starts it on a port of its own.
   *
   * @param folder for its configuration, its data and its log
   * @param alerts its rules
   * @param port of the server that it scrapes
   */
  static PrometheusProcess start(Path folder, String alerts, int port) throws IOException {
    Files.writeString(folder.resolve("alerts.yml"), alerts);
    Path configuration =
        Files.writeString(folder.resolve("prometheus.yml"), CONFIGURATION.formatted(port));
    int own;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      own = free.getLocalPort();
    }
    Process process =
        new ProcessBuilder(
                PROMETHEUS.toString(),
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + own)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("prometheus.log").toFile())
            .start();
    PrometheusProcess prometheus =
        new PrometheusProcess(process, URI.create("http://127.0.0.1:" + own));
    try {
      Awaitility.await("Prometheus").atMost(Duration.ofSeconds(30)).until(prometheus::isReady);
      return prometheus;
    } catch (RuntimeException e) {
      prometheus.close();
      throw e;
    }
  }

  private boolean isReady() throws InterruptedException {
    try {
      return get("/-/ready").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Answers with what a query evaluates to now, or why it does not: {@code status}, {@code data}.
   */
  JsonNode query(String query) throws IOException, InterruptedException {
    return api("/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
  }

  /** Its rules, with what became of them: {@code state}, {@code health}, {@code lastError}. */
  JsonNode rules() throws IOException, InterruptedException {
    return api("/api/v1/rules?type=alert").at("/data/groups/0/rules");
  }

  /** Whether a panel's query is answered with numbers. */
  boolean hasData(String query) throws IOException, InterruptedException {
    String asked =
        query.replace("$__rate_interval", "30s").replace("$instance", ".*").replace("$model", ".*");
    JsonNode answer = query(asked);
    assertThat(answer.path("status").asString()).as("%s: %s", asked, answer).isEqualTo("success");
    List<Double> values =
        answer
            .at("/data/result")
            .valueStream()
            .map(sample -> Double.parseDouble(sample.at("/value/1").asString()))
            .toList();
    return !values.isEmpty() && values.stream().allMatch(Double::isFinite);
  }

  /** The names of the alerts that fire; fails where a rule cannot be computed. */
  Set<String> firing() throws IOException, InterruptedException {
    Set<String> names = new TreeSet<>();
    for (JsonNode rule : rules()) {
      assertThat(rule.path("health").asString()).as(rule.toString()).isNotEqualTo("err");
      if (rule.path("state").asString().equals("firing")) {
        names.add(rule.path("name").asString());
      }
    }
    return names;
  }

  private JsonNode api(String path) throws IOException, InterruptedException {
    return JSON.readTree(get(path).body());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create(address + path)).timeout(Duration.ofSeconds(10)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
