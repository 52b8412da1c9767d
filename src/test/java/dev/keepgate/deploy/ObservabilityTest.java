package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What dashboards, probes and health checks ask for is what the server has. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class ObservabilityTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Path DOCKER = Path.of("src/main/docker");

  /** A meter's name and what is selected of it; the dashboard selects of each. */
  private static final Pattern METER = Pattern.compile("\\b([a-z]+_[a-z_]+)\\{([^}]*)}");

  private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*=~?\\s*\"");
  private static final Pattern GROUPING = Pattern.compile("by \\(([^)]*)\\)");

  @TempDir static Path repository;

  @LocalServerPort private int port;

  @DynamicPropertySource
  static void repository(DynamicPropertyRegistry properties) {
    properties.add("keepgate.repository.path", () -> repository.toString());
  }

  @BeforeEach
  void awaitReadiness() {
    Awaitility.await().until(server()::isReady);
  }

  @Test
  void dashboardAndAlertsAskForMetersThatTheServerHas() throws Exception {
    server().serveWithShadow("notebook-shadow");
    server().postJson("/v1/models/notebook-shadow/step", "{\"x\": [1,2,3,4,3,2]}");
    server().postJson("/v1/models/notebook-cell/step", "{\"x\": [1,2,3,4,3,2]}");
    Awaitility.await("a request that a shadow was sent")
        .until(() -> samples().stream().anyMatch(each -> each.startsWith("keepgate_shadow_total")));
    assertThat(server().open("notebook-cell")).isNotEmpty();
    assertThat(server().get("/v1/models/unknown").statusCode()).isEqualTo(404);
    // The JVM tells of collections once there was one.
    System.gc();
    Awaitility.await("a collection")
        .until(() -> samples().stream().anyMatch(sample -> sample.startsWith("jvm_gc_pause")));
    List<String> samples = samples();
    Set<String> names =
        samples.stream().map(sample -> sample.replaceAll("[{ ].*", "")).collect(Collectors.toSet());

    List<String> queries = queries();
    assertThat(queries).hasSizeGreaterThan(10);
    List<String> alerts = alerts();
    assertThat(alerts).hasSizeGreaterThan(4);
    // A server with streams is asked for theirs by StreamPrometheusTest.
    for (String query :
        Stream.concat(queries.stream(), alerts.stream())
            .filter(each -> !each.contains("keepgate_stream_"))
            .toList()) {
      Matcher meter = METER.matcher(query);
      assertThat(meter.find()).as("a meter in %s", query).isTrue();
      do {
        String name = meter.group(1);
        assertThat(names).as(query).contains(name);
        Set<String> labels = labels(meter.group(2), query);
        // Prometheus adds them to what it scrapes.
        labels.removeAll(Set.of("instance", "job"));
        for (String label : labels) {
          assertThat(samples)
              .as("%s of %s", label, name)
              .anyMatch(s -> s.matches(name + "\\{(.*,)?" + label + "=\".*"));
        }
      } while (meter.find());
    }
  }

  @Test
  void diskThatIsToldOfIsThatOfTheModels() throws Exception {
    assertThat(samples())
        .anyMatch(s -> s.startsWith("keepgate_repository_free_bytes "))
        .contains("keepgate_repository_size_bytes " + (double) repository.toFile().getTotalSpace());
  }

  private static Set<String> labels(String selector, String query) {
    Set<String> labels = new TreeSet<>();
    Matcher label = LABEL.matcher(selector);
    while (label.find()) {
      labels.add(label.group(1));
    }
    Matcher grouping = GROUPING.matcher(query);
    while (grouping.find()) {
      labels.addAll(Set.of(grouping.group(1).split(",\\s*")));
    }
    return labels;
  }

  @Test
  void everyAlertHasItsLineAndItsSection() throws IOException {
    JsonNode rules = yaml(DOCKER.resolve("prometheus/alerts.yml")).at("/groups/0/rules");
    List<String> names =
        rules.valueStream().map(rule -> rule.path("alert").asString()).sorted().toList();
    assertThat(rules.valueStream())
        .hasSizeGreaterThan(10)
        .allSatisfy(
            rule -> {
              assertThat(rule.at("/annotations/summary").asString()).isNotBlank();
              assertThat(rule.at("/annotations/runbook").asString()).isNotBlank();
              assertThat(rule.at("/labels/severity").asString()).isIn("critical", "warning");
            });
    String page = Files.readString(Path.of("src/docs/runbooks.md"));
    List<String> sections =
        Pattern.compile("(?m)^## (.+)$")
            .matcher(page)
            .results()
            .map(heading -> heading.group(1))
            .sorted()
            .toList();
    assertThat(sections).isEqualTo(names);
  }

  @Test
  void dashboardIsOfWhicheverDataSourceIsChosen() {
    assertThat(dashboard().get("panels").findValues("datasource"))
        .isNotEmpty()
        .allMatch(source -> source.path("uid").asString().equals("${source}"));
    assertThat(queries())
        .allMatch(query -> query.contains("instance=~\"$instance\""))
        .anyMatch(query -> query.contains("model=~\"$model\""));
    assertThat(dashboard().get("panels").valueStream())
        .filteredOn(panel -> !panel.path("type").asString().equals("row"))
        .allSatisfy(panel -> assertThat(panel.path("targets").size()).isPositive());
  }

  @Test
  void dashboardFindsItsDataSourceAndItsFiles() throws IOException {
    JsonNode compose = yaml(Path.of("docker-compose.yml"));
    JsonNode sources = yaml(DOCKER.resolve("grafana/provisioning/datasources/prometheus.yml"));
    URI source = URI.create(sources.at("/datasources/0/url").asString());
    assertThat(compose.get("services").has(source.getHost())).isTrue();
    assertThat(dashboard().findValuesAsString("uid")).contains("${source}");
    assertThat(dashboard().at("/templating/list/0/current/value"))
        .isEqualTo(sources.at("/datasources/0/uid"));

    List<String> mounts =
        compose.findValues("volumes").stream()
            .filter(JsonNode::isArray)
            .flatMap(JsonNode::valueStream)
            .map(JsonNode::asString)
            .toList();
    assertThat(mounts)
        .filteredOn(mount -> mount.startsWith("./"))
        .isNotEmpty()
        .allMatch(mount -> Files.exists(Path.of(mount.replaceAll(":.*", ""))));
    String provider =
        yaml(DOCKER.resolve("grafana/provisioning/dashboards/keepgate.yml"))
            .at("/providers/0/options/path")
            .asString();
    assertThat(mounts).anyMatch(mount -> mount.contains(":" + provider + ":"));
  }

  @Test
  void probesAndScrapesAskForWhatIsThere() throws Exception {
    String rendered = RenderedChart.template("monitoring").call();
    JsonNode scrape = yaml(DOCKER.resolve("prometheus/prometheus.yml")).at("/scrape_configs/0");
    Set<String> paths =
        Stream.concat(
                Pattern.compile("path: (/actuator/\\S+)")
                    .matcher(rendered)
                    .results()
                    .map(match -> match.group(1)),
                Stream.of(scrape.get("metrics_path").asString()))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(paths).hasSize(3);
    String management = managementPort();
    assertThat(scrape.at("/static_configs/0/targets/0").asString()).endsWith(":" + management);
    assertThat(rendered).contains("containerPort: " + management);
    for (String path : paths) {
      assertThat(server().get(path).statusCode()).as(path).isEqualTo(200);
    }
  }

  /** The image's. */
  private static String managementPort() throws IOException {
    Matcher port =
        Pattern.compile("MANAGEMENT_SERVER_PORT=(\\d+)")
            .matcher(Files.readString(Path.of("Dockerfile")));
    assertThat(port.find()).isTrue();
    return port.group(1);
  }

  @Test
  void healthCheckOfTheImageTellsReadyFromClosed() throws Exception {
    assertThat(healthCheck(port)).isZero();
    assertThat(healthCheck(1)).isNotZero();
  }

  private static int healthCheck(int port) throws IOException, InterruptedException {
    ProcessBuilder check = new ProcessBuilder("bash", DOCKER.resolve("healthcheck").toString());
    check.environment().put("SERVER_PORT", String.valueOf(port));
    return exitValue(check);
  }

  /** What {@code helm test} runs, asking this server in place of the service. */
  @Test
  void testOfTheChartTellsAServerThatServesFromOneThatDoesNot() throws Exception {
    assertThat(exitValue(RenderedChart.of("minimal").test(port))).isZero();
    assertThat(exitValue(RenderedChart.of("open").test(port))).isZero();
    assertThat(exitValue(RenderedChart.of("minimal").test(1))).isNotZero();
  }

  private static int exitValue(ProcessBuilder command) throws IOException, InterruptedException {
    command.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    Process process = command.start();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  private List<String> samples() throws IOException, InterruptedException {
    return new String(server().get("/actuator/prometheus").body(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.startsWith("#"))
        .toList();
  }

  private static List<String> queries() {
    return dashboard().get("panels").findValuesAsString("expr");
  }

  /** All but that of scrapes that fail, which Prometheus itself counts. */
  private static List<String> alerts() throws IOException {
    return yaml(DOCKER.resolve("prometheus/alerts.yml")).findValuesAsString("expr").stream()
        .filter(query -> !query.startsWith("up{"))
        .toList();
  }

  private static JsonNode dashboard() {
    return JSON.readTree(DOCKER.resolve("grafana/dashboards/keepgate.json").toFile());
  }

  private static JsonNode yaml(Path file) throws IOException {
    Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    return JSON.valueToTree(yaml.load(Files.readString(file)));
  }

  private Server server() {
    return new Server(URI.create("http://localhost:" + port));
  }
}
