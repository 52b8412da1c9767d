package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A real Prometheus scrapes a server under load: every query of the dashboard has an answer, and
 * alerts are raised by what they are for.
 */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"keepgate.sequences.max-count=3", "spring.grpc.server.port=0"})
class PrometheusTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final Path DOCKER = Path.of("src/main/docker");
  private static final Path ALERTS = DOCKER.resolve("prometheus/alerts.yml");
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final String CELL = "/v1/models/notebook-cell";
  private static final String ROW = "[1,2,3,4,3,2]";

  @TempDir static Path folder;

  @LocalServerPort private int port;
  private @Nullable PrometheusProcess started;

  @DynamicPropertySource
  static void repository(DynamicPropertyRegistry properties) {
    properties.add("keepgate.repository.path", () -> folder.resolve("models").toString());
  }

  /** Alerts are raised at once: that they wait in operation is no part of their expressions. */
  @BeforeEach
  void start(@TempDir Path own) throws IOException {
    PrometheusProcess.require();
    Awaitility.await().until(server()::isReady);
    String alerts = Files.readString(ALERTS).replaceAll("(?m)^ +for: .*\\n", "");
    assertThat(alerts).doesNotContain("for:");
    started = PrometheusProcess.start(own, alerts, port);
  }

  @AfterEach
  void stop() {
    if (started != null) {
      started.close();
    }
  }

  private PrometheusProcess prometheus() {
    return Objects.requireNonNull(started);
  }

  @Test
  void composesConfigurationIsValid() throws Exception {
    assertThat(promtool("config", DOCKER.resolve("prometheus/prometheus.yml")))
        .contains("alerts.yml");
  }

  @Test
  void chartsRulesAreValid(@TempDir Path own) throws Exception {
    JsonNode rules = RenderedChart.of("monitoring").get("PrometheusRule").get("spec");
    // JSON is YAML.
    Path file = Files.writeString(own.resolve("rules.yml"), rules.toString());
    assertThat(promtool("rules", file)).contains("rules found");
  }

  private static String promtool(String kind, Path file) throws Exception {
    Process check =
        new ProcessBuilder(PrometheusProcess.PROMTOOL.toString(), "check", kind, file.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(check.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(check.exitValue()).as(output).isZero();
    return output;
  }

  @Test
  void everyQueryOfTheDashboardHasData() throws Exception {
    List<String> missing = new ArrayList<>(queries());
    assertThat(missing).hasSizeGreaterThan(40);
    load();
    // The JVM tells of collections once there was one.
    System.gc();
    Awaitility.await("data of each query")
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .untilAsserted(
            () -> {
              load();
              for (String query : List.copyOf(missing)) {
                if (prometheus().hasData(query)) {
                  missing.remove(query);
                }
              }
              assertThat(missing).as("queries without data, or with NaN").isEmpty();
            });
    for (String variable : List.of("instance", "model")) {
      assertThat(dashboard().at("/templating/list").valueStream())
          .as(variable)
          .anyMatch(each -> each.path("name").asString().equals(variable));
    }
  }

  @Test
  void alertsAreRaisedByWhatTheyAreFor() throws Exception {
    load();
    Awaitility.await("a scrape").atMost(PATIENCE).until(() -> prometheus().hasData("up == 1"));
    Awaitility.await("all rules, evaluated")
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(prometheus().rules().valueStream())
                    .hasSize(alertCount())
                    .allSatisfy(
                        rule ->
                            assertThat(rule.path("health").asString())
                                .as(rule.toString())
                                .isEqualTo("ok")));
    assertThat(prometheus().firing())
        .doesNotContain(
            "KeepgateRepositoryFault", "KeepgateModelNotLoaded", "KeepgateSequencesNearBound");
    List<String> open = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      open.add(server().open("notebook-cell"));
    }
    assertThat(post(CELL + "/sequences", "{}").statusCode()).isEqualTo(429);
    assertThat(put("broken", "no model")).isBetween(400, 499);
    Path models = folder.resolve("models");
    Path away = Files.move(models, folder.resolve("away"));
    try {
      Awaitility.await("alerts")
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                // The bound is reached again and again, as a rate has to be seen twice.
                post(CELL + "/sequences", "{}");
                assertThat(prometheus().firing())
                    .contains(
                        "KeepgateRefusesRequests",
                        "KeepgateRepositoryFault",
                        "KeepgateModelNotLoaded",
                        "KeepgateSequencesNearBound");
              });
    } finally {
      Files.move(away, models);
      for (String id : open) {
        delete("/v1/sequences/" + id);
      }
    }
    Awaitility.await("the end of the fault")
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(prometheus().firing())
                    .doesNotContain("KeepgateRepositoryFault", "KeepgateSequencesNearBound"));
  }

  /** What gives every series of the dashboard something to tell, refusals included. */
  private void load() throws IOException, InterruptedException {
    server().serveWithShadow("notebook-shadow");
    String id = server().open("notebook-cell");
    for (int i = 1; i <= 5; i++) {
      post("/v1/models/notebook-shadow/step", "{\"x\": %s}".formatted(ROW));
      post(CELL + "/step", "{\"x\": %s}".formatted(ROW));
      post("/v1/sequences/" + id + "/step", "{\"x\": %s, \"step\": %d}".formatted(ROW, i));
    }
    post(CELL + "/unroll", "{\"x\": [%s,%s]}".formatted(ROW, ROW));
    assertThat(post(CELL + "/step", "{\"x\": [1]}").statusCode()).isEqualTo(400);
    assertThat(post("/v1/models/none/step", "{}").statusCode()).isEqualTo(404);
    delete("/v1/sequences/" + id);
    assertThat(server().get("/v1/sequences").statusCode()).isEqualTo(200);
  }

  private static int alertCount() throws IOException {
    return (int) Files.readAllLines(ALERTS).stream().filter(l -> l.contains("alert: ")).count();
  }

  /** All but those of streams, which are asked of a server that has some. */
  private static List<String> queries() {
    return dashboard().get("panels").findValuesAsString("expr").stream()
        .filter(query -> !query.contains("keepgate_stream_"))
        .toList();
  }

  private static JsonNode dashboard() {
    return JSON.readTree(DOCKER.resolve("grafana/dashboards/keepgate.json").toFile());
  }

  private HttpResponse<String> post(String path, String json)
      throws IOException, InterruptedException {
    return CLIENT.send(
        server()
            .request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private int put(String model, String body) throws IOException, InterruptedException {
    return server().put(model, 1, HttpRequest.BodyPublishers.ofString(body));
  }

  private void delete(String path) throws IOException, InterruptedException {
    CLIENT.send(server().request(path).DELETE().build(), HttpResponse.BodyHandlers.discarding());
  }

  private Server server() {
    return new Server(URI.create("http://localhost:" + port));
  }
}
