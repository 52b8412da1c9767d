package dev.keepgate.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KeepgateApplication;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** Servers with the environment and the keys that the chart gives them. */
class HelmChartAccessTest {

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir private Path folder;

  @Test
  void keysOfTheChartLetInWhomTheyAreFor() throws Exception {
    RenderedChart chart = RenderedChart.of("minimal");
    JsonNode keys = chart.get("Secret-keys").get("data");
    mount(keys);
    try (ConfigurableApplicationContext server = start(chart)) {
      int port = port(server, "server");
      String observer = text(keys, "observer");
      String client = text(keys, "client");
      String operator = text(keys, "operator");
      assertThat(status(port, "GET", "/v1/models", "")).isEqualTo(401);
      assertThat(status(port, "GET", "/v1/models", "kg_wrong")).isEqualTo(401);
      assertThat(status(port, "GET", "/v1/models", observer)).isEqualTo(200);
      assertThat(status(port, "DELETE", "/v1/models/none/versions/1", client)).isEqualTo(403);
      assertThat(status(port, "DELETE", "/v1/models/none/versions/1", operator)).isEqualTo(404);
      int management = port(server, "management");
      assertThat(status(management, "GET", "/actuator/prometheus", client)).isEqualTo(403);
      assertThat(status(management, "GET", "/actuator/prometheus", observer)).isEqualTo(200);
      for (String probe : new String[] {"startupProbe", "livenessProbe", "readinessProbe"}) {
        String path = chart.container().at("/" + probe + "/httpGet/path").asString();
        Awaitility.await().until(() -> status(management, "GET", path, "") == 200);
      }
      assertThat(test(chart, port, observer)).isZero();
      assertThat(test(chart, port, "kg_wrong")).isNotZero();

      // An upgrade that made other keys; the kubelet brings them.
      JsonNode later = RenderedChart.of("minimal").get("Secret-keys").get("data");
      mount(later);
      Awaitility.await().until(() -> status(port, "GET", "/v1/models", observer) == 401);
      assertThat(status(port, "GET", "/v1/models", text(later, "observer"))).isEqualTo(200);
    }
  }

  @Test
  void openServerLetsInAnybody() throws Exception {
    try (ConfigurableApplicationContext server = start(RenderedChart.of("open"))) {
      assertThat(status(port(server, "server"), "GET", "/v1/models", "")).isEqualTo(200);
    }
  }

  private static int status(int port, String method, String path, String key)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
            .method(method, BodyPublishers.noBody());
    if (!key.isEmpty()) {
      request.header("X-Api-Key", key);
    }
    return CLIENT.send(request.build(), BodyHandlers.discarding()).statusCode();
  }

  private static int test(RenderedChart chart, int port, String key) throws Exception {
    ProcessBuilder test = chart.test(port).inheritIO();
    test.environment().put("KEY", key);
    Process process = test.start();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  private static int port(ConfigurableApplicationContext server, String kind) {
    return server.getEnvironment().getRequiredProperty("local." + kind + ".port", Integer.class);
  }

  private static String text(JsonNode data, String entry) {
    return new String(Base64.getDecoder().decode(data.get(entry).asString()), UTF_8);
  }

  /**
   * As the kubelet does it: a link to a folder of this state of the Secret, put in place at once.
   */
  private void mount(JsonNode data) throws IOException {
    Path state = Files.createTempDirectory(folder, "..");
    Files.writeString(state.resolve("keys.yml"), text(data, "keys.yml"), UTF_8);
    Path link = Files.createSymbolicLink(folder.resolve("..tmp"), state.getFileName());
    Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    if (Files.notExists(folder.resolve("keys.yml"))) {
      Files.createSymbolicLink(folder.resolve("keys.yml"), Path.of("..data/keys.yml"));
    }
  }

  /** A server whose settings are the container's environment. */
  private ConfigurableApplicationContext start(RenderedChart chart) {
    Map<String, String> environment = RenderedChart.byName(chart.container().get("env"), "value");
    assertThat(environment).isNotEmpty();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--keepgate.repository.path=" + folder.resolve("models"),
                "--server.port=0",
                "--management.server.port=0",
                "--spring.grpc.server.port=0"));
    environment.forEach(
        (name, value) ->
            arguments.add(
                "--%s=%s"
                    .formatted(
                        name.toLowerCase(Locale.ROOT)
                            .replaceFirst("_", ".")
                            .replaceFirst("_", ".")
                            .replace('_', '-'),
                        value.replace("/keepgate/keys", folder.toString()))));
    return SpringApplication.run(KeepgateApplication.class, arguments.toArray(String[]::new));
  }
}
