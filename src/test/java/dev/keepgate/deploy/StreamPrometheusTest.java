package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KafkaBroker;
import dev.keepgate.KafkaRecords;
import dev.keepgate.ModelBytes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A real Prometheus scrapes a server with streams: what the dashboard and the alerts ask of them.
 */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"keepgate.repository.built-in=always", "spring.grpc.server.port=0"})
@DirtiesContext
class StreamPrometheusTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Path DOCKER = Path.of("src/main/docker");
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String ROW = "{\"x\":[1,2,3,4,3,2]}";

  /** More than a consumer reads at once. */
  private static final int MANY = 4000;

  private static @Nullable KafkaBroker broker;

  @LocalServerPort private int port;
  private @Nullable PrometheusProcess prometheus;

  @DynamicPropertySource
  static void streams(DynamicPropertyRegistry properties) throws IOException {
    KafkaBroker started = KafkaBroker.start();
    broker = started;
    // They outlive the tests, as the streams do until the context is closed.
    Runtime.getRuntime().addShutdownHook(new Thread(started::close));
    Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "stream-");
    properties.add("keepgate.repository.path", () -> folder.resolve("models").toString());
    properties.add("keepgate.streams.state-dir", () -> folder.resolve("states").toString());
    properties.add("keepgate.streams.bootstrap-servers", started::bootstrap);
    for (String name : List.of("served", "waiting")) {
      String binding = "keepgate.streams.bindings[%d].".formatted(name.equals("served") ? 0 : 1);
      properties.add(binding + "name", () -> name);
      properties.add(binding + "model", () -> name.equals("served") ? "notebook-cell" : name);
      properties.add(binding + "input", () -> name + "-in");
      properties.add(binding + "output", () -> name + "-out");
      started.createTopic(name + "-in", 1, Map.of());
      started.createTopic(name + "-out", 1, Map.of());
      started.createTopic(name + "-in.dead-letter", 1, Map.of());
    }
    // They are there before the server, which begins with more than it can hold.
    try (KafkaRecords records = new KafkaRecords(started.bootstrap())) {
      records.send(Collections.nCopies(MANY, record("waiting-in", "k", ROW)));
    }
  }

  @BeforeEach
  void start(@TempDir Path own) throws IOException {
    PrometheusProcess.require();
    Awaitility.await().until(server()::isReady);
    String alerts =
        Files.readString(DOCKER.resolve("prometheus/alerts.yml"))
            .replaceAll("(?m)^ +for: .*\\n", "");
    prometheus = PrometheusProcess.start(own, alerts, port);
  }

  @AfterEach
  void stop() {
    if (prometheus != null) {
      prometheus.close();
    }
  }

  private Server server() {
    return new Server(URI.create("http://localhost:" + port));
  }

  private PrometheusProcess prometheus() {
    return Objects.requireNonNull(prometheus);
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, String key, String value) {
    return KafkaRecords.record(
        topic, key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
  }

  /** One test, as its parts need the same broker and their time. */
  @Test
  void queriesHaveDataAndAlertsAreRaisedByWhatTheyAreFor() throws Exception {
    String bootstrap = Objects.requireNonNull(broker).bootstrap();
    try (KafkaRecords records = new KafkaRecords(bootstrap)) {
      everyQueryHasData(records);
      Awaitility.await("alerts")
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                records.send(record("served-in", "k", "none"));
                assertThat(prometheus().firing())
                    .contains(
                        "KeepgateStreamDown", "KeepgateStreamBehind", "KeepgateStreamDeadLetters");
              });
      int status =
          server().put("waiting", 1, BodyPublishers.ofByteArray(ModelBytes.pytorch(6, 4, 1)));
      assertThat(status).isEqualTo(201);
      Awaitility.await("the end of the fault")
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(prometheus().firing())
                      .doesNotContain("KeepgateStreamDown", "KeepgateStreamBehind"));
    }
  }

  private void everyQueryHasData(KafkaRecords records) {
    List<String> missing = new ArrayList<>(queries());
    assertThat(missing).hasSizeGreaterThan(5);
    Awaitility.await("data of each query")
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              records.send(record("served-in", "k", ROW));
              for (String query : List.copyOf(missing)) {
                if (prometheus().hasData(query)) {
                  missing.remove(query);
                }
              }
              assertThat(missing).as("queries without data, or with NaN").isEmpty();
            });
  }

  private static List<String> queries() {
    JsonNode dashboard = JSON.readTree(DOCKER.resolve("grafana/dashboards/keepgate.json").toFile());
    return dashboard.get("panels").findValuesAsString("expr").stream()
        .filter(query -> query.contains("keepgate_stream_"))
        .toList();
  }
}
