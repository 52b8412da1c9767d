package dev.keepgate.deploy;

import static dev.keepgate.deploy.RenderedChart.template;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The chart's objects fit each other, the image and the cluster. */
class HelmChartTest {

  private static List<String> examples() throws IOException {
    return RenderedChart.examples();
  }

  /** Of the chart with the example's values in place of its own, as lint takes no others. */
  @ParameterizedTest
  @MethodSource("examples")
  void strictLintFindsNothing(String example, @TempDir Path folder) throws IOException {
    Path chart = RenderedChart.copy(folder.resolve("keepgate"));
    Path values = chart.resolve("values.yaml");
    ObjectNode merged = (ObjectNode) RenderedChart.yaml(Files.readString(values));
    merge(merged, RenderedChart.yaml(Files.readString(RenderedChart.values(example))));
    Files.writeString(values, merged.toString());
    LintResult lint = new Helm(chart).lint().strict().call();
    assertThat(lint.isFailed()).as("%s", lint.getMessages()).isFalse();
  }

  private static void merge(ObjectNode values, JsonNode others) {
    others
        .properties()
        .forEach(
            other -> {
              if (other.getValue().isNull()) {
                values.remove(other.getKey());
              } else if (values.get(other.getKey()) instanceof ObjectNode inner) {
                merge(inner, other.getValue());
              } else {
                values.set(other.getKey(), other.getValue());
              }
            });
  }

  @Test
  void lintOfTheChartAsItIsFindsNothing() {
    LintResult lint = new Helm(RenderedChart.SOURCE.toAbsolutePath()).lint().strict().call();
    assertThat(lint.isFailed()).as("%s", lint.getMessages()).isFalse();
  }

  /** Links lead out of the chart's folder: what they lead to has to be in the package. */
  @Test
  void packageHasAlertsAndDashboardAndNoExamples(@TempDir Path folder) throws IOException {
    new Helm(RenderedChart.SOURCE.toAbsolutePath()).packageIt().withDestination(folder).call();
    Map<String, Long> sizes = new TreeMap<>();
    try (var archive =
        new TarArchiveInputStream(
            new GZIPInputStream(Files.newInputStream(folder.resolve("keepgate-0.1.0.tgz"))))) {
      for (var entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
        assertThat(entry.isFile()).isTrue();
        sizes.put(entry.getName(), entry.getSize());
      }
    }
    assertThat(sizes)
        .containsEntry(
            "keepgate/files/alerts.yml",
            Files.size(Path.of("src/main/docker/prometheus/alerts.yml")))
        .containsEntry(
            "keepgate/files/dashboard.json",
            Files.size(Path.of("src/main/docker/grafana/dashboards/keepgate.json")));
    assertThat(sizes.keySet()).noneMatch(name -> name.contains("/ci/"));
  }

  @Test
  void imageHasToBeNamedAndTheAnswerSaysHow() {
    assertThatThrownBy(() -> minimal().set("image.repository", "").call())
        .hasMessageContaining("image.repository is empty")
        .hasMessageContaining("--set image.repository=registry.example.org/keepgate");
  }

  @Test
  void defaultsAreOneDeploymentWithItsVolumeAndKeysAndNothingThatIsOffByDefault() {
    assertThat(RenderedChart.of("minimal").objects())
        .containsOnlyKeys(
            "ConfigMap",
            "Deployment",
            "PersistentVolumeClaim",
            "Pod-test",
            "Secret-keys",
            "Service",
            "ServiceAccount");
  }

  @Test
  void podMayDoNothingThatItNeedNot() {
    RenderedChart chart = RenderedChart.of("minimal");
    for (JsonNode pod : List.of(chart.pod(), chart.get("Pod-test").get("spec"))) {
      JsonNode security = pod.get("securityContext");
      assertThat(security.get("runAsNonRoot").asBoolean()).isTrue();
      assertThat(security.at("/seccompProfile/type").asString()).isEqualTo("RuntimeDefault");
      assertThat(pod.get("automountServiceAccountToken").asBoolean()).isFalse();
      JsonNode container = pod.at("/containers/0/securityContext");
      assertThat(container.get("readOnlyRootFilesystem").asBoolean()).isTrue();
      assertThat(container.get("allowPrivilegeEscalation").asBoolean()).isFalse();
      assertThat(container.at("/capabilities/drop").toString()).isEqualTo("[\"ALL\"]");
    }
  }

  @Test
  void podRunsAsTheImagesUserAndMayWriteItsVolumes() throws IOException {
    JsonNode pod = RenderedChart.of("minimal").pod();
    String dockerfile = Files.readString(Path.of("Dockerfile"));
    JsonNode security = pod.get("securityContext");
    assertThat(dockerfile)
        .contains(
            "USER %d:%d"
                .formatted(security.get("runAsUser").asInt(), security.get("runAsGroup").asInt()));
    assertThat(security.get("fsGroup").asInt()).isEqualTo(security.get("runAsGroup").asInt());

    Map<String, String> mounts = new TreeMap<>();
    pod.at("/containers/0/volumeMounts")
        .forEach(
            mount -> mounts.put(mount.get("mountPath").asString(), mount.get("name").asString()));
    assertThat(mounts).containsOnlyKeys("/models", "/tmp", "/keepgate/config", "/keepgate/keys");
    assertThat(dockerfile).contains("KEEPGATE_REPOSITORY_PATH=/models", "WORKDIR /keepgate\n");
    assertThat(pod.get("volumes"))
        .extracting(volume -> volume.get("name").asString())
        .containsExactlyInAnyOrderElementsOf(mounts.values());
  }

  @Test
  void portsLeadFromTheServicesToTheImage() throws IOException {
    RenderedChart chart = RenderedChart.of("ingress-grpc");
    Map<String, String> ports =
        RenderedChart.byName(chart.container().get("ports"), "containerPort");
    assertThat(ports).containsOnlyKeys("http", "management", "grpc");
    assertThat(Files.readString(Path.of("Dockerfile")))
        .contains(
            "EXPOSE %s %s %s"
                .formatted(ports.get("http"), ports.get("management"), ports.get("grpc")));
    JsonNode service = chart.get("Service").at("/spec/ports");
    assertThat(RenderedChart.byName(service, "targetPort"))
        .containsOnlyKeys(ports.keySet())
        .allSatisfy((name, target) -> assertThat(target).isEqualTo(name));
    assertThat(RenderedChart.byName(chart.get("Service-headless").at("/spec/ports"), "port"))
        .isEqualTo(Map.of("http", ports.get("http"), "grpc", ports.get("grpc")));
  }

  /** Health and metrics answer while the other ports are full, and only to whom they concern. */
  @Test
  void healthAndMetricsHaveAPortOfTheirOwn() throws IOException {
    RenderedChart chart = RenderedChart.of("monitoring");
    JsonNode container = chart.container();
    assertThat(Files.readString(Path.of("Dockerfile")))
        .contains(
            "MANAGEMENT_SERVER_PORT="
                + RenderedChart.byName(container.get("ports"), "containerPort").get("management"));
    for (String probe : new String[] {"startupProbe", "livenessProbe", "readinessProbe"}) {
      assertThat(container.at("/" + probe + "/httpGet/port").asString()).isEqualTo("management");
      assertThat(container.at("/" + probe + "/httpGet/scheme").asString()).isEqualTo("HTTP");
    }
    assertThat(chart.get("ServiceMonitor").at("/spec/endpoints/0/port").asString())
        .isEqualTo("management");
  }

  @Test
  void selectorsFindThePodsOfTheReleaseAndNotThatOfTheTest() {
    RenderedChart chart = RenderedChart.of("redis-network-policy");
    JsonNode labels = chart.get("Deployment").at("/spec/template/metadata/labels");
    JsonNode test = chart.get("Pod-test").at("/metadata/labels");
    for (JsonNode selector :
        List.of(
            chart.get("Deployment").at("/spec/selector/matchLabels"),
            chart.get("Service").at("/spec/selector"),
            chart.get("PodDisruptionBudget").at("/spec/selector/matchLabels"),
            chart.get("NetworkPolicy").at("/spec/podSelector/matchLabels"),
            chart.pod().at("/topologySpreadConstraints/0/labelSelector/matchLabels"),
            chart.pod().at("/topologySpreadConstraints/1/labelSelector/matchLabels"))) {
      assertThat(selector.properties()).isNotEmpty().isSubsetOf(labels.properties());
      assertThat(test.properties()).doesNotContainSequence(selector.properties());
    }
    RenderedChart monitored = RenderedChart.of("monitoring");
    assertThat(monitored.get("ServiceMonitor").at("/spec/selector/matchLabels").properties())
        .isNotEmpty()
        .isSubsetOf(monitored.get("Service").at("/metadata/labels").properties());
  }

  @Test
  void volumeOfOneWriterIsHandedOverAndNotShared() {
    RenderedChart chart = RenderedChart.of("minimal");
    assertThat(strategy(chart)).isEqualTo("Recreate");
    assertThat(chart.get("Deployment").at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(strategy(RenderedChart.of(minimal().set("persistence.enabled", false))))
        .isEqualTo("RollingUpdate");
    assertThat(
            strategy(
                RenderedChart.of(minimal().set("persistence.accessModes[0]", "ReadWriteMany"))))
        .isEqualTo("RollingUpdate");
    Map.of("replicaCount", 2, "autoscaling.enabled", true)
        .forEach(
            (name, many) ->
                assertThatThrownBy(() -> minimal().set(name, many).call())
                    .hasMessageContaining("ReadWriteMany"));
  }

  @Test
  void changedSettingsRestartThePodsAndNewKeysDoNot() {
    String pointer = "/spec/template/metadata/annotations/checksum~1config";
    JsonNode before = RenderedChart.of("minimal").get("Deployment");
    JsonNode same = RenderedChart.of(minimal().set("service.port", 81)).get("Deployment");
    RenderedChart changed = RenderedChart.of(minimal().set("config.keepgate.batch.workers", 3));
    assertThat(before.at(pointer).asString()).hasSize(64);
    assertThat(same.at("/spec/template")).isEqualTo(before.at("/spec/template"));
    assertThat(changed.get("Deployment").at(pointer)).isNotEqualTo(before.at(pointer));
    assertThat(changed.settings().at("/keepgate/batch/workers").asInt()).isEqualTo(3);
  }

  @Test
  void podHasTimeToDrainAndToFinishItsRequests() {
    RenderedChart chart = RenderedChart.of("minimal");
    int drain = chart.container().at("/lifecycle/preStop/sleep/seconds").asInt();
    int finish =
        Integer.parseInt(
            chart
                .settings()
                .at("/spring/lifecycle/timeout-per-shutdown-phase")
                .asString()
                .replaceAll("s$", ""));
    assertThat(chart.pod().get("terminationGracePeriodSeconds").asInt())
        .isGreaterThan(drain + finish);
  }

  @ParameterizedTest
  @CsvSource({
    "replicaCount, -1, /replicaCount",
    "replicaCount, many, /replicaCount",
    "service.port, 70000, /service/port",
    "redis.port, 0, /redis/port",
    "redis.prefix, a:b, /redis/prefix",
    "service.type, ExternalName, /service/type",
    "image.repository, a b, /image/repository",
    "image.digest, 1234, /image/digest",
    "image.pullPolicy, Sometimes, /image/pullPolicy",
    "gpu.count, 0, /gpu/count",
    "keys.create[0].name, a/b, /keys/create/0/name",
    "keys.create[0].roles[0], root, /keys/create/0/roles/0",
    "persistence.size, big, /persistence/size",
    "persistence.accessModes[0], ReadOnlyMany, /persistence/accessModes/0",
    "ingress.enabled, true, /ingress/hosts",
    "grpcIngress.enabled, true, /grpcIngress/hosts",
    "serviceMonitor.interval, often, /serviceMonitor/interval",
    "autoscaling.keda.serverAddress, prometheus, /autoscaling/keda/serverAddress",
    "livenessProbe, never, /livenessProbe",
    "replicas, 2, replicas",
    "persistence.storageclass, fast, storageclass",
  })
  void schemaRefusesValuesThatCannotWork(String name, String value, String place) {
    assertThatThrownBy(() -> minimal().set(name, value).call())
        .hasMessageContaining("schema")
        .hasMessageContaining("'" + place + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "gateway, gateway.grpcRoute.hostnames[0], keepgate.example.org, need different names",
    "keda, autoscaling.keda.serverAddress, '', where Prometheus is",
    "minimal, gateway.httpRoute.enabled, true, gateway.parentRefs is empty",
  })
  void valuesThatDoNotFitAreRefused(String example, String name, String value, String answer) {
    assertThatThrownBy(() -> template(example).set(name, value).call())
        .hasMessageContaining(answer);
  }

  @Test
  void autoscalerNeedsSomethingToFollow() {
    assertThatThrownBy(
            () ->
                template("redis-network-policy")
                    .set("autoscaling.enabled", true)
                    .set("autoscaling.targetCPUUtilizationPercentage", "null")
                    .call())
        .hasMessageContaining("nothing to follow");
    assertThatThrownBy(
            () ->
                template("redis-network-policy")
                    .set("autoscaling.enabled", true)
                    .set("autoscaling.keda.enabled", true)
                    .call())
        .hasMessageContaining("set autoscaling.targetQueue");
  }

  private static TemplateCommand minimal() {
    return template("minimal");
  }

  private static String strategy(RenderedChart chart) {
    return chart.get("Deployment").at("/spec/strategy/type").asString();
  }
}
