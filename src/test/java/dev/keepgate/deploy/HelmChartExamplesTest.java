package dev.keepgate.deploy;

import static dev.keepgate.deploy.RenderedChart.byName;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What each of {@code ci/*-values.yaml} asks for is what its objects say. */
class HelmChartExamplesTest {

  @Test
  void policyLetsOutToRedisAndDnsAndWhatIsNamedAndNoFurther() {
    RenderedChart chart = RenderedChart.of("redis-network-policy");
    JsonNode policy = chart.get("NetworkPolicy").get("spec");
    assertThat(policy.get("policyTypes").toString()).isEqualTo("[\"Ingress\",\"Egress\"]");
    JsonNode out = policy.get("egress");
    assertThat(out).hasSize(3);
    assertThat(out.at("/0/ports").toString())
        .isEqualTo("[{\"port\":53,\"protocol\":\"UDP\"},{\"port\":53,\"protocol\":\"TCP\"}]");
    assertThat(out.at("/0/to").toString()).isEqualTo("[{\"namespaceSelector\":{}}]");
    assertThat(out.at("/1/ports").toString()).isEqualTo("[{\"port\":6380}]");
    assertThat(out.at("/1/to/0/podSelector/matchLabels").toString()).contains("redis");
    assertThat(out.at("/2/ports/0/port").asInt()).isEqualTo(4318);

    JsonNode in = policy.get("ingress");
    assertThat(in.at("/0/ports").findValuesAsString("port")).containsExactly("http", "grpc");
    assertThat(in.at("/0/from/0").findValuesAsString("team")).containsExactly("research");
    assertThat(in.at("/0/from/1/podSelector/matchLabels").properties())
        .isNotEmpty()
        .isSubsetOf(chart.get("Pod-test").at("/metadata/labels").properties());
    assertThat(in.at("/1/ports").findValuesAsString("port")).containsExactly("management");
    assertThat(in.at("/1/from").findValuesAsString("team")).containsExactly("monitoring");
  }

  @Test
  void policyWithoutRedisLetsNothingOut() {
    RenderedChart chart =
        RenderedChart.of(RenderedChart.template("minimal").set("networkPolicy.enabled", true));
    assertThat(chart.get("NetworkPolicy").at("/spec/egress").toString()).isEqualTo("[]");
  }

  @Test
  void redisIsForModelsAndSequencesUnderItsUserAndTls() {
    RenderedChart chart = RenderedChart.of("redis-network-policy");
    JsonNode settings = chart.settings();
    assertThat(settings.at("/spring/data/redis").toString())
        .isEqualTo(
            "{\"host\":\"redis.data.svc\",\"port\":6380,\"ssl\":{\"enabled\":true},"
                + "\"username\":\"keepgate\"}");
    assertThat(settings.at("/keepgate/redis/prefix").asString()).isEqualTo("keepgate");
    assertThat(settings.at("/keepgate/sequences/store").asString()).isEqualTo("redis");
    assertThat(settings.at("/keepgate/replicas").toString()).isEqualTo("{\"share\":\"redis\"}");
    assertThat(chart.container().at("/env").findValuesAsString("name"))
        .contains("SPRING_DATA_REDIS_PASSWORD");
    assertThat(chart.get("Deployment").at("/spec/replicas").asInt()).isEqualTo(3);
    assertThat(chart.objects()).doesNotContainKey("PersistentVolumeClaim");

    JsonNode own =
        RenderedChart.of(
                RenderedChart.template("redis-network-policy")
                    .set("redis.prefix", "staging")
                    .set("config.keepgate.sequences.store", "memory"))
            .settings();
    assertThat(own.at("/keepgate/redis/prefix").asString()).isEqualTo("staging");
    assertThat(own.at("/keepgate/sequences/store").asString()).isEqualTo("memory");
    assertThat(RenderedChart.of("minimal").settings().at("/keepgate").has("replicas")).isFalse();
  }

  @Test
  void gpuIsAskedForBesideTheOtherLimitsByItsOwnImage() {
    JsonNode pod = RenderedChart.of("gpu").pod();
    JsonNode container = pod.at("/containers/0");
    assertThat(container.get("image").asString())
        .isEqualTo("registry.example.org/keepgate:0.1.0-cuda");
    assertThat(container.at("/resources/limits").toString())
        .isEqualTo("{\"memory\":\"8Gi\",\"nvidia.com/gpu\":1}");
    assertThat(pod.get("runtimeClassName").asString()).isEqualTo("nvidia");
    assertThat(RenderedChart.of("gpu").get("Deployment").at("/spec/strategy").toString())
        .isEqualTo("{\"rollingUpdate\":{\"maxSurge\":0,\"maxUnavailable\":1}}");
    assertThat(pod.get("nodeSelector").toString())
        .isEqualTo("{\"kubernetes.io/arch\":\"amd64\",\"nvidia.com/gpu.product\":\"NVIDIA-A10\"}");
    assertThat(pod.at("/tolerations/0/key").asString()).isEqualTo("nvidia.com/gpu");

    JsonNode none = RenderedChart.of("minimal").pod();
    assertThat(none.has("tolerations")).isFalse();
    assertThat(none.has("nodeSelector")).isFalse();
    assertThat(none.at("/containers/0/resources/limits").toString())
        .isEqualTo("{\"memory\":\"2Gi\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "minimal, registry.example.org/keepgate:0.1.0",
    "existing, registry.example.org/keepgate:1.2.3"
        + "@sha256:0000000000000000000000000000000000000000000000000000000000000002",
  })
  void imageIsThatOfTheTagOrTheDigest(String example, String image) {
    assertThat(RenderedChart.of(example).container().get("image").asString()).isEqualTo(image);
  }

  @Test
  void digestAloneNamesTheImage() {
    String digest = "sha256:" + "1".repeat(64);
    assertThat(
            RenderedChart.of(RenderedChart.template("minimal").set("image.digest", digest))
                .container()
                .get("image")
                .asString())
        .isEqualTo("registry.example.org/keepgate@" + digest);
  }

  @Test
  void openShiftMayChooseTheUser() {
    RenderedChart chart = RenderedChart.of("openshift");
    assertThat(chart.pod().get("securityContext").toString())
        .isEqualTo(
            "{\"fsGroupChangePolicy\":\"OnRootMismatch\",\"runAsNonRoot\":true,"
                + "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}");
    JsonNode dns = chart.get("NetworkPolicy").at("/spec/egress/0");
    assertThat(dns.get("ports").findValuesAsString("port")).containsOnly("5353");
    assertThat(dns.at("/to").toString()).contains("openshift-dns");
    assertThat(chart.get("NetworkPolicy").at("/spec/egress/1").toString())
        .isEqualTo("{\"ports\":[{\"port\":6379}]}");
  }

  @Test
  void ingressesLeadToHttpAndToGrpcAndNotToHealth() {
    RenderedChart chart = RenderedChart.of("ingress-grpc");
    for (String[] ingress :
        new String[][] {
          {"Ingress", "http", "keepgate.example.org"},
          {"Ingress-grpc", "grpc", "grpc.keepgate.example.org"}
        }) {
      JsonNode spec = chart.get(ingress[0]).get("spec");
      JsonNode service = spec.at("/rules/0/http/paths/0/backend/service");
      assertThat(service.get("name")).isEqualTo(chart.get("Service").at("/metadata/name"));
      assertThat(service.at("/port/name").asString()).isEqualTo(ingress[1]);
      assertThat(spec.at("/rules/0/host").asString()).isEqualTo(ingress[2]);
      assertThat(spec.at("/tls/0/hosts/0").asString()).isEqualTo(ingress[2]);
      assertThat(spec.get("ingressClassName").asString()).isEqualTo("nginx");
    }
    assertThat(
            chart
                .get("Ingress-grpc")
                .at("/metadata/annotations")
                .get("nginx.ingress.kubernetes.io/backend-protocol")
                .asString())
        .isEqualTo("GRPC");
    JsonNode headless = chart.get("Service-headless").get("spec");
    assertThat(headless.get("clusterIP").asString()).isEqualTo("None");
    assertThat(headless.get("selector")).isEqualTo(chart.get("Service").at("/spec/selector"));
    assertThat(byName(headless.get("ports"), "appProtocol"))
        .isEqualTo(Map.of("http", "http", "grpc", "kubernetes.io/h2c"));
  }

  @Test
  void routesLeadFromTheGatewayToTheService() {
    RenderedChart chart = RenderedChart.of("gateway");
    Map<String, String> ports = byName(chart.get("Service").at("/spec/ports"), "port");
    for (String[] route :
        new String[][] {
          {"HTTPRoute", "http", "keepgate.example.org"},
          {"GRPCRoute", "grpc", "grpc.keepgate.example.org"}
        }) {
      JsonNode spec = chart.get(route[0]).get("spec");
      assertThat(spec.at("/parentRefs/0").toString())
          .isEqualTo("{\"name\":\"public\",\"namespace\":\"gateways\",\"sectionName\":\"https\"}");
      assertThat(spec.at("/hostnames/0").asString()).isEqualTo(route[2]);
      JsonNode backend = spec.at("/rules/0/backendRefs/0");
      assertThat(backend.get("name")).isEqualTo(chart.get("Service").at("/metadata/name"));
      assertThat(backend.get("port").asString()).isEqualTo(ports.get(route[1]));
    }
    assertThat(chart.get("HTTPRoute").at("/spec/rules/0/timeouts/request").asString())
        .isEqualTo("10m");
  }

  @Test
  void metricsAreScrapedWithTheKeyThatMayObserve() {
    RenderedChart chart = RenderedChart.of("monitoring");
    JsonNode endpoint = chart.get("ServiceMonitor").at("/spec/endpoints/0");
    JsonNode credentials = endpoint.at("/authorization/credentials");
    JsonNode secret = chart.get("Secret-keys");
    assertThat(credentials.get("name")).isEqualTo(secret.at("/metadata/name"));
    assertThat(secret.get("data").has(credentials.get("key").asString())).isTrue();
    assertThat(endpoint.has("scheme")).isFalse();
    assertThat(endpoint.get("interval").asString()).isEqualTo("30s");

    RenderedChart open =
        RenderedChart.of(RenderedChart.template("open").set("serviceMonitor.enabled", true));
    assertThat(open.get("ServiceMonitor").at("/spec/endpoints/0").has("authorization")).isFalse();
  }

  @Test
  void alertsAreThoseOfTheFileForThisReleaseAlone() throws IOException {
    JsonNode groups = RenderedChart.of("monitoring").get("PrometheusRule").at("/spec/groups");
    JsonNode file =
        RenderedChart.yaml(Files.readString(Path.of("src/main/docker/prometheus/alerts.yml")));
    assertThat(groups).hasSize(file.get("groups").size() + 1);
    JsonNode rules = groups.at("/0/rules");
    assertThat(rules.findValuesAsString("alert"))
        .hasSizeGreaterThan(5)
        .isEqualTo(file.get("groups").findValuesAsString("alert"));
    for (JsonNode rule : rules) {
      assertThat(rule.get("expr").asString())
          .contains("namespace=\"research\", service=\"release-keepgate\"")
          .doesNotContain("job=");
      assertThat(rule.at("/annotations/runbook").asString()).isNotBlank();
    }
    assertThat(groups.at("/1/rules").findValuesAsString("alert")).containsExactly("KeepgateSlow");
  }

  @Test
  void dashboardIsTheFileOfTheRepositoryWhereGrafanaLooks() throws IOException {
    JsonNode map = RenderedChart.of("monitoring").get("ConfigMap-dashboard");
    assertThat(map.at("/metadata/namespace").asString()).isEqualTo("monitoring");
    assertThat(map.at("/metadata/labels/grafana_dashboard").asString()).isEqualTo("1");
    assertThat(map.at("/metadata/annotations/grafana_folder").asString()).isEqualTo("Inference");
    assertThat(RenderedChart.JSON.readTree(map.at("/data/release-keepgate.json").asString()))
        .isEqualTo(
            RenderedChart.JSON.readTree(
                Path.of("src/main/docker/grafana/dashboards/keepgate.json").toFile()));
  }

  @Test
  void kedaFollowsTheWaitingRequestsOfTheRelease() {
    RenderedChart chart = RenderedChart.of("keda");
    assertThat(chart.objects()).doesNotContainKey("HorizontalPodAutoscaler");
    assertThat(chart.get("Deployment").get("spec").has("replicas")).isFalse();
    JsonNode spec = chart.get("ScaledObject").get("spec");
    assertThat(spec.at("/scaleTargetRef/name"))
        .isEqualTo(chart.get("Deployment").at("/metadata/name"));
    assertThat(spec.get("maxReplicaCount").asInt()).isEqualTo(10);
    assertThat(spec.get("triggers").findValuesAsString("type"))
        .containsExactly("prometheus", "cron");
    JsonNode queue = spec.at("/triggers/0/metadata");
    assertThat(queue.get("query").asString())
        .isEqualTo("sum(keepgate_queue{namespace=\"research\", service=\"release-keepgate\"})");
    assertThat(queue.get("threshold").isString()).isTrue();
    assertThat(queue.get("threshold").asString()).isEqualTo("8");
    assertThat(spec.at("/triggers/0/metricType").asString()).isEqualTo("AverageValue");
  }

  @Test
  void autoscalerFollowsProcessorsAndWaitingRequests() {
    RenderedChart chart = RenderedChart.of("hpa");
    assertThat(chart.get("Deployment").get("spec").has("replicas")).isFalse();
    JsonNode spec = chart.get("HorizontalPodAutoscaler").get("spec");
    assertThat(spec.at("/scaleTargetRef/name"))
        .isEqualTo(chart.get("Deployment").at("/metadata/name"));
    assertThat(spec.at("/metrics/0/resource/target/averageUtilization").asInt()).isEqualTo(75);
    assertThat(spec.at("/metrics/1/pods/metric/name").asString()).isEqualTo("keepgate_queue");
    assertThat(spec.at("/metrics/1/pods/target/averageValue").asString()).isEqualTo("8");
    assertThat(spec.at("/metrics/2/resource/name").asString()).isEqualTo("memory");
  }

  @Test
  void underTlsEverybodySpeaksTls() {
    RenderedChart chart = RenderedChart.of("tls");
    JsonNode container = chart.container();
    assertThat(container.at("/livenessProbe/httpGet/scheme").asString()).isEqualTo("HTTPS");
    assertThat(container.at("/livenessProbe/periodSeconds").asInt()).isEqualTo(30);
    assertThat(container.has("startupProbe")).isFalse();
    assertThat(container.at("/readinessProbe/httpGet/path").asString())
        .isEqualTo("/v2/health/ready");
    assertThat(byName(chart.get("Service").at("/spec/ports"), "appProtocol"))
        .containsOnlyKeys("http", "management", "grpc")
        .allSatisfy((port, protocol) -> assertThat(protocol).isEqualTo("https"));
    JsonNode endpoint = chart.get("ServiceMonitor").at("/spec/endpoints/0");
    assertThat(endpoint.get("scheme").asString()).isEqualTo("https");
    assertThat(endpoint.at("/tlsConfig").toString())
        .isEqualTo(
            "{\"ca\":{\"secret\":{\"key\":\"ca.crt\",\"name\":\"keepgate-tls\"}},"
                + "\"serverName\":\"release-keepgate.research.svc\"}");
    assertThat(endpoint.at("/authorization/credentials").toString())
        .isEqualTo("{\"key\":\"prometheus\",\"name\":\"keepgate-own-keys\"}");
    JsonNode test = chart.get("Pod-test").at("/spec/containers/0");
    assertThat(test.get("image").asString()).isEqualTo("registry.example.org/tools/curl:8");
    assertThat(test.at("/args/0").asString()).contains("https://$HOST:$PORT");
    // Nothing that the server's image has speaks TLS.
    assertThat(RenderedChart.of("existing").objects()).doesNotContainKey("Pod-test");
  }

  @Test
  void modelsComeBeforeTheServerStarts() {
    JsonNode pod = RenderedChart.of("init-models").pod();
    assertThat(pod.get("initContainers").findValuesAsString("image"))
        .containsExactly("registry.example.org/tools/wait:1", "registry.example.org/models:3");
    JsonNode models = pod.at("/initContainers/1");
    assertThat(models.get("command").toString())
        .isEqualTo("[\"cp\",\"-r\",\"/content/.\",\"/models/\"]");
    assertThat(models.has("args")).isFalse();
    assertThat(byName(models.get("volumeMounts"), "mountPath")).containsEntry("models", "/models");
    assertThat(models.get("securityContext")).isEqualTo(pod.at("/containers/0/securityContext"));
    assertThat(byName(pod.at("/containers/0/volumeMounts"), "mountPath"))
        .containsEntry("models", "/models");
  }

  @Test
  void whatExistsIsUsedAndWhatIsExtraIsAdded() {
    RenderedChart chart = RenderedChart.of("existing");
    assertThat(chart.objects())
        .containsOnlyKeys("ConfigMap", "Deployment", "Service", "ServiceMonitor");
    JsonNode pod = chart.pod();
    JsonNode container = chart.container();
    assertThat(pod.at("/volumes/0/persistentVolumeClaim/claimName").asString()).isEqualTo("models");
    assertThat(pod.get("serviceAccountName").asString()).isEqualTo("inference");
    assertThat(byName(pod.get("volumes"), "name"))
        .containsOnlyKeys("authorities", "config", "keys", "models", "tls", "tmp");
    assertThat(byName(container.get("volumeMounts"), "mountPath"))
        .containsOnlyKeys("authorities", "config", "keys", "models", "tls", "tmp")
        .containsEntry("authorities", "/keepgate/authorities");
    assertThat(container.at("/envFrom/0/secretRef/name").asString()).isEqualTo("tracing");
    JsonNode environment = container.get("env");
    assertThat(environment.findValuesAsString("name"))
        .contains("SPRING_DATA_REDIS_PASSWORD", "JAVA_TOOL_OPTIONS");
    assertThat(environment.findValues("secretKeyRef").toString())
        .isEqualTo("[{\"key\":\"redis-password\",\"name\":\"redis\"}]");
    assertThat(chart.settings().at("/keepgate/replicas").toString())
        .isEqualTo("{\"content\":\"folder\",\"max-bytes\":\"50GB\",\"share\":\"redis\"}");
    JsonNode constraints = pod.get("topologySpreadConstraints");
    assertThat(constraints).hasSize(1);
    assertThat(constraints.at("/0/labelSelector/matchLabels").toString())
        .isEqualTo("{\"team\":\"research\"}");
    assertThat(constraints.at("/0").has("matchLabelKeys")).isFalse();
    assertThat(chart.get("ServiceMonitor").at("/spec/endpoints/0/tlsConfig").toString())
        .isEqualTo("{\"insecureSkipVerify\":true}");
    assertThat(chart.get("ServiceMonitor").at("/spec/endpoints/0").has("authorization")).isFalse();
  }

  @Test
  void podsAreSpreadOverZonesAndNodesByDefault() {
    JsonNode constraints = RenderedChart.of("minimal").pod().get("topologySpreadConstraints");
    assertThat(constraints.findValuesAsString("topologyKey"))
        .containsExactly("topology.kubernetes.io/zone", "kubernetes.io/hostname");
    assertThat(constraints.findValuesAsString("whenUnsatisfiable")).containsOnly("ScheduleAnyway");
    assertThat(constraints.at("/0/matchLabelKeys/0").asString()).isEqualTo("pod-template-hash");
  }

  @Test
  void openServerHasNoKeysAndSaysSo() {
    RenderedChart chart = RenderedChart.of("open");
    assertThat(chart.objects()).doesNotContainKey("Secret-keys");
    assertThat(byName(chart.container().get("env"), "value"))
        .isEqualTo(
            Map.of(
                "KEEPGATE_SECURITY_OPEN",
                "true",
                "KEEPGATE_SECURITY_CREATE_KEYS_FILE",
                "false",
                "KEEPGATE_SECURITY_KEYS_FILE",
                ""));
    assertThat(byName(chart.pod().get("volumes"), "name")).doesNotContainKey("keys");
  }

  @Test
  void issuerOfTokensTakesTheKeysPlace() {
    RenderedChart chart = RenderedChart.of("jwt");
    assertThat(chart.objects()).doesNotContainKey("Secret-keys");
    assertThat(byName(chart.container().get("env"), "value"))
        .isEqualTo(
            Map.of(
                "KEEPGATE_SECURITY_CREATE_KEYS_FILE", "false", "KEEPGATE_SECURITY_KEYS_FILE", ""));
    assertThat(chart.settings().at("/keepgate/security/jwt/issuer").asString())
        .startsWith("https://");
    JsonNode out = chart.get("NetworkPolicy").at("/spec/egress");
    assertThat(out.at("/0/ports/0/port").asInt()).isEqualTo(53);
    assertThat(out.at("/1/ports/0/port").asInt()).isEqualTo(443);
    assertThat(out).hasSize(2);
  }
}
