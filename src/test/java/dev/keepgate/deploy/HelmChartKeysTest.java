package dev.keepgate.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.DryRun;
import com.marcnuri.helm.Helm;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The keys that the chart makes, and those that it keeps. */
class HelmChartKeysTest {

  private static String decoded(JsonNode text) {
    return new String(Base64.getDecoder().decode(text.asString()), UTF_8);
  }

  private static String sha256(String key) throws NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8)));
  }

  @Test
  void fileHasTheHashAndTheRolesOfEachKey() throws Exception {
    JsonNode data = RenderedChart.of("minimal").get("Secret-keys").get("data");
    JsonNode file = RenderedChart.yaml(decoded(data.get("keys.yml"))).get("keys");
    assertThat(RenderedChart.byName(file, "sha256"))
        .containsOnlyKeys("operator", "client", "observer");
    for (JsonNode entry : file) {
      String key = decoded(data.get(entry.get("name").asString()));
      assertThat(key).matches("kg_[A-Za-z0-9]{43}");
      assertThat(entry.get("sha256").asString()).isEqualTo(sha256(key));
      assertThat(entry.propertyNames()).containsExactlyInAnyOrder("name", "sha256", "roles");
    }
    assertThat(file.at("/0/roles").toString()).isEqualTo("[\"infer\",\"manage\",\"observe\"]");
    assertThat(file.at("/1/roles").toString()).isEqualTo("[\"infer\"]");
    assertThat(file.at("/2/roles").toString()).isEqualTo("[\"observe\"]");
    assertThat(file.toString()).doesNotContain("kg_");
  }

  @Test
  void everyInstallationHasKeysOfItsOwn() {
    JsonNode one = RenderedChart.of("minimal").get("Secret-keys").get("data");
    JsonNode other = RenderedChart.of("minimal").get("Secret-keys").get("data");
    assertThat(List.of("operator", "client", "observer"))
        .allSatisfy(name -> assertThat(one.get(name)).isNotEqualTo(other.get(name)));
    assertThat(one.get("operator")).isNotEqualTo(one.get("client"));
  }

  @Test
  void podSeesTheHashesAlone() {
    RenderedChart chart = RenderedChart.of("minimal");
    JsonNode volume =
        chart
            .pod()
            .get("volumes")
            .valueStream()
            .filter(v -> v.get("name").asString().equals("keys"))
            .findFirst()
            .orElseThrow();
    assertThat(volume.get("secret").toString())
        .isEqualTo(
            "{\"items\":[{\"key\":\"keys.yml\",\"path\":\"keys.yml\"}],"
                + "\"secretName\":\"release-keepgate-keys\"}");
    assertThat(RenderedChart.byName(chart.container().get("env"), "value"))
        .isEqualTo(
            Map.of(
                "KEEPGATE_SECURITY_CREATE_KEYS_FILE", "false",
                "KEEPGATE_SECURITY_KEYS_FILE", "/keepgate/keys/keys.yml"));
    assertThat(chart.container().get("env").toString()).doesNotContain("secretKeyRef");
    // The pod of helm test shows the one key that may only observe.
    assertThat(chart.get("Pod-test").at("/spec/containers/0/env").findValues("secretKeyRef"))
        .hasToString("[{\"key\":\"observer\",\"name\":\"release-keepgate-keys\"}]");
  }

  @Test
  void notesTellHowEachKeyIsReadAndShowNone() {
    String notes = notes("minimal");
    assertThat(List.of("operator", "client", "observer"))
        .allSatisfy(
            name ->
                assertThat(notes)
                    .contains(
                        "kubectl --namespace research get secret release-keepgate-keys --output"
                            + " go-template='{{index .data \"%s\" | base64decode}}'"
                                .formatted(name)));
    assertThat(notes).contains("-H \"X-Api-Key: $KEY\" http://").doesNotContainPattern("kg_\\w");
    assertThat(notes("open")).contains("It is open").doesNotContain("X-Api-Key");
    assertThat(notes("tls")).contains("keepgate-own-keys", "https://").doesNotContain("http://");
    assertThat(notes("jwt")).contains("It has no keys");
  }

  private static String notes(String example) {
    return new Helm(RenderedChart.SOURCE.toAbsolutePath())
        .install()
        .withName("release")
        .withNamespace(RenderedChart.NAMESPACE)
        .withKubeVersion("1.33.0")
        .clientOnly()
        .dryRun()
        .withDryRunOption(DryRun.CLIENT)
        .withValuesFile(RenderedChart.values(example))
        .call()
        .getOutput();
  }

  @Test
  void boundsOfAKeyGoIntoTheFile() {
    JsonNode data =
        RenderedChart.of(
                RenderedChart.template("minimal")
                    .set("keys.create[0].name", "forecaster")
                    .set("keys.create[0].roles[0]", "infer")
                    .set("keys.create[0].requests-per-second", 100)
                    .set("keys.create[0].open-sequences", 5_000_000))
            .get("Secret-keys")
            .get("data");
    JsonNode entry = RenderedChart.yaml(decoded(data.get("keys.yml"))).at("/keys/0");
    assertThat(entry.get("requests-per-second")).hasToString("100");
    assertThat(entry.get("open-sequences")).hasToString("5000000");
  }

  @Test
  void twoKeysOfOneNameAreRefused(@TempDir Path folder) throws IOException {
    Path values = folder.resolve("values.yaml");
    Files.writeString(
        values, "keys: {create: [{name: a, roles: [infer]}, {name: a, roles: [manage]}]}", UTF_8);
    assertThatThrownBy(() -> RenderedChart.template("minimal").withValuesFile(values).call())
        .hasMessageContaining("names the key a twice");
  }

  /**
   * Helm asks the cluster for the Secret that is there. In place of the cluster answers a server
   * that knows this one Secret; Helm is told where it is by the environment, hence a process of its
   * own.
   */
  @Test
  void upgradeKeepsTheKeysThatAreThereMakesNewOnesAndDropsTheOthers(@TempDir Path folder)
      throws Exception {
    Path chart = RenderedChart.copy(folder.resolve("keepgate"));
    Path template = chart.resolve("templates/keys.yaml");
    // What `helm upgrade` says; `helm template` here always installs.
    String text = Files.readString(template);
    assertThat(text).contains("{{- if .Release.IsUpgrade }}");
    Files.writeString(template, text.replace(".Release.IsUpgrade", "true"));

    String before = "kg_" + "0".repeat(43);
    HttpServer cluster = cluster(Map.of("client", before, "former", "kg_" + "1".repeat(43)));
    try {
      JsonNode data = renderedKeys(chart, cluster.getAddress().getPort(), folder);
      assertThat(decoded(data.get("client"))).isEqualTo(before);
      assertThat(decoded(data.get("operator"))).matches("kg_[A-Za-z0-9]{43}").isNotEqualTo(before);
      assertThat(data.propertyNames())
          .containsExactlyInAnyOrder("client", "keys.yml", "observer", "operator");
      JsonNode file = RenderedChart.yaml(decoded(data.get("keys.yml"))).get("keys");
      assertThat(RenderedChart.byName(file, "sha256")).containsEntry("client", sha256(before));
    } finally {
      cluster.stop(0);
    }
  }

  private static JsonNode renderedKeys(Path chart, int port, Path folder) throws Exception {
    Path config = folder.resolve("kubeconfig");
    Files.writeString(
        config,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: one, cluster: {server: "http://127.0.0.1:%d"}}]
        contexts: [{name: one, context: {cluster: one, user: one}}]
        users: [{name: one, user: {}}]
        current-context: one
        """
            .formatted(port));
    Path output = folder.resolve("objects.yaml");
    ProcessBuilder helm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Rendering.class.getName(),
                chart.toString(),
                output.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile());
    helm.environment().put("KUBECONFIG", config.toString());
    Process process = helm.start();
    try {
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("log"))).isZero();
    return RenderedChart.ofManifests(Files.readString(output)).get("Secret-keys").get("data");
  }

  private static HttpServer cluster(Map<String, String> keys) throws IOException {
    StringBuilder data = new StringBuilder();
    keys.forEach(
        (name, key) ->
            data.append(data.isEmpty() ? "" : ",")
                .append("\"%s\":\"%s\"".formatted(name, encoded(key))));
    Map<String, String> answers =
        Map.of(
            "/api/v1",
            "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"v1\","
                + "\"resources\":[{\"name\":\"secrets\",\"singularName\":\"secret\","
                + "\"namespaced\":true,\"kind\":\"Secret\",\"verbs\":[\"get\"]}]}",
            "/api/v1/namespaces/research/secrets/release-keepgate-keys",
            "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":"
                + "\"release-keepgate-keys\",\"namespace\":\"research\"},\"data\":{"
                + data
                + "}}");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String answer = answers.get(exchange.getRequestURI().getPath());
          byte[] body = (answer == null ? "{}" : answer).getBytes(UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static String encoded(String key) {
    return Base64.getEncoder().encodeToString(key.getBytes(UTF_8));
  }

  /** Renders a chart into a file. */
  static final class Rendering {
    private Rendering() {}

    public static void main(String[] arguments) throws IOException {
      Files.writeString(
          Path.of(arguments[1]),
          RenderedChart.template(Path.of(arguments[0]), "minimal").call(),
          UTF_8);
    }
  }
}
