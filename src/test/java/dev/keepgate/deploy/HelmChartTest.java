package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The chart renders to objects that fit each other, the image and the cluster. */
class HelmChartTest {

  private static final Path CHART = Path.of("helm/keepgate").toAbsolutePath();
  private static final Path FULL = Path.of("src/test/resources/helm/full.yaml").toAbsolutePath();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void strictLintFindsNothing() {
    LintResult lint = new Helm(CHART).lint().strict().call();
    assertThat(lint.isFailed()).as("%s", lint.getMessages()).isFalse();
  }

  @Test
  void defaultsAreOneDeploymentWithItsVolumeAndNothingThatIsOffByDefault() {
    assertThat(render(template()).propertyNames())
        .containsExactlyInAnyOrder(
            "ConfigMap", "Deployment", "PersistentVolumeClaim", "Service", "ServiceAccount");
  }

  @Test
  void everythingSwitchedOnIsRendered() {
    assertThat(render(full()).propertyNames())
        .containsExactlyInAnyOrder(
            "ConfigMap",
            "Deployment",
            "HorizontalPodAutoscaler",
            "Ingress",
            "NetworkPolicy",
            "PersistentVolumeClaim",
            "PodDisruptionBudget",
            "Service",
            "ServiceAccount",
            "ServiceMonitor");
  }

  @Test
  void podMayDoNothingThatItNeedNot() {
    JsonNode pod = pod(render(template()));
    JsonNode security = pod.get("securityContext");
    assertThat(security.get("runAsNonRoot").asBoolean()).isTrue();
    assertThat(security.at("/seccompProfile/type").asString()).isEqualTo("RuntimeDefault");
    assertThat(pod.get("automountServiceAccountToken").asBoolean()).isFalse();
    JsonNode container = pod.at("/containers/0/securityContext");
    assertThat(container.get("readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(container.get("allowPrivilegeEscalation").asBoolean()).isFalse();
    assertThat(container.at("/capabilities/drop").toString()).isEqualTo("[\"ALL\"]");
  }

  @Test
  void podRunsAsTheImagesUserAndMayWriteItsVolumes() throws IOException {
    JsonNode pod = pod(render(template()));
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
    assertThat(mounts).containsOnlyKeys("/models", "/tmp", "/keepgate/config");
    assertThat(dockerfile).contains("KEEPGATE_REPOSITORY_PATH=/models", "WORKDIR /keepgate\n");
    assertThat(pod.get("volumes"))
        .extracting(volume -> volume.get("name").asString())
        .containsExactlyInAnyOrderElementsOf(mounts.values());
  }

  @Test
  void portsLeadFromTheServiceToTheImage() throws IOException {
    JsonNode objects = render(full());
    JsonNode container = pod(objects).at("/containers/0");
    String port = container.at("/ports/0/name").asString();
    assertThat(Files.readString(Path.of("Dockerfile")))
        .contains("EXPOSE " + container.at("/ports/0/containerPort").asInt());
    for (int i = 1; i < 3; i++) {
      JsonNode other = container.at("/ports/" + i);
      assertThat(Files.readString(Path.of("Dockerfile")))
          .containsPattern("EXPOSE .*" + other.get("containerPort").asInt());
      assertThat(objects.get("Service").at("/spec/ports/" + i + "/targetPort"))
          .isEqualTo(other.get("name"));
    }
    JsonNode service = objects.get("Service").at("/spec/ports/0");
    assertThat(service.get("targetPort").asString()).isEqualTo(port);
    assertThat(objects.get("Ingress").findValuesAsString("name"))
        .contains(service.get("name").asString());
  }

  /** Health and metrics answer while the other ports are full, and only to whom they concern. */
  @Test
  void healthAndMetricsHaveAPortOfTheirOwn() throws IOException {
    JsonNode objects = render(full());
    JsonNode container = pod(objects).at("/containers/0");
    JsonNode port = container.at("/ports/1");
    String name = port.get("name").asString();
    assertThat(name).isEqualTo("management");
    assertThat(Files.readString(Path.of("Dockerfile")))
        .contains("MANAGEMENT_SERVER_PORT=" + port.get("containerPort").asInt());
    for (String probe : new String[] {"startupProbe", "livenessProbe", "readinessProbe"}) {
      assertThat(container.at("/" + probe + "/httpGet/port").asString()).isEqualTo(name);
    }
    assertThat(objects.get("ServiceMonitor").at("/spec/endpoints/0/port").asString())
        .isEqualTo(objects.get("Service").at("/spec/ports/1/name").asString())
        .isEqualTo(name);
    assertThat(objects.get("Ingress").findValuesAsString("name")).doesNotContain(name);
    JsonNode rules = objects.get("NetworkPolicy").at("/spec/ingress");
    assertThat(rules.at("/0").findValuesAsString("port")).doesNotContain(name);
    assertThat(rules.at("/1").findValuesAsString("port")).containsExactly(name);
    assertThat(rules.at("/1/from").findValuesAsString("team")).containsExactly("monitoring");
  }

  @Test
  void selectorsFindThePodsOfTheRelease() {
    JsonNode objects = render(full());
    JsonNode labels = objects.get("Deployment").at("/spec/template/metadata/labels");
    for (JsonNode selector :
        new JsonNode[] {
          objects.get("Deployment").at("/spec/selector/matchLabels"),
          objects.get("Service").at("/spec/selector"),
          objects.get("PodDisruptionBudget").at("/spec/selector/matchLabels"),
          objects.get("NetworkPolicy").at("/spec/podSelector/matchLabels")
        }) {
      assertThat(selector.properties()).isNotEmpty().isSubsetOf(labels.properties());
    }
    assertThat(objects.get("ServiceMonitor").at("/spec/selector/matchLabels").properties())
        .isNotEmpty()
        .isSubsetOf(objects.get("Service").at("/metadata/labels").properties());
    assertThat(objects.get("HorizontalPodAutoscaler").at("/spec/scaleTargetRef/name"))
        .isEqualTo(objects.get("Deployment").at("/metadata/name"));
  }

  @Test
  void volumeOfOneWriterIsHandedOverAndNotShared() {
    JsonNode objects = render(template());
    assertThat(strategy(objects)).isEqualTo("Recreate");
    assertThat(objects.get("Deployment").at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(strategy(render(template().set("persistence.enabled", false))))
        .isEqualTo("RollingUpdate");
    assertThat(strategy(render(template().set("persistence.accessModes[0]", "ReadWriteMany"))))
        .isEqualTo("RollingUpdate");
    Map.of("replicaCount", 2, "autoscaling.enabled", true)
        .forEach(
            (name, many) ->
                assertThatThrownBy(() -> template().set(name, many).call())
                    .hasMessageContaining("ReadWriteMany"));
  }

  @Test
  void autoscalerAndDeploymentDoNotBothSetTheReplicas() {
    assertThat(render(full()).get("Deployment").at("/spec/replicas").isMissingNode()).isTrue();
  }

  @Test
  void claimThatExistsIsUsedInPlaceOfTheCharts() {
    JsonNode objects = render(template().set("persistence.existingClaim", "mine"));
    assertThat(objects.has("PersistentVolumeClaim")).isFalse();
    assertThat(claim(objects)).isEqualTo("mine");
    JsonNode own = render(template());
    assertThat(claim(own))
        .isEqualTo(own.get("PersistentVolumeClaim").at("/metadata/name").asString());
  }

  @Test
  void changedSettingsRestartThePods() {
    String pointer = "/spec/template/metadata/annotations/checksum~1config";
    JsonNode before = render(template()).get("Deployment").at(pointer);
    JsonNode same = render(template().set("service.port", 81)).get("Deployment").at(pointer);
    JsonNode changed = render(template().set("config.keepgate.batch.workers", 3));
    assertThat(before.asString()).hasSize(64).isEqualTo(same.asString());
    assertThat(changed.get("Deployment").at(pointer)).isNotEqualTo(before);
    JsonNode settings = settings(changed);
    assertThat(settings.at("/keepgate/batch/workers").asInt()).isEqualTo(3);
  }

  @Test
  void redisIsForModelsAndSequencesAndTheFolderForFilesWhereItIsShared() {
    JsonNode full = render(full());
    JsonNode settings = settings(full);
    assertThat(settings.at("/spring/data/redis/host").asString()).isEqualTo("redis.example.org");
    assertThat(settings.at("/spring/data/redis/port").asInt()).isEqualTo(6380);
    assertThat(settings.at("/keepgate/redis/prefix").asString()).isEqualTo("keepgate");
    assertThat(settings.at("/keepgate/sequences/store").asString()).isEqualTo("redis");
    assertThat(settings.at("/keepgate/replicas/share").asString()).isEqualTo("redis");
    assertThat(settings.at("/keepgate/replicas/content").asString()).isEqualTo("folder");
    assertThat(settings.at("/keepgate/replicas/max-bytes").asString()).isEqualTo("50GB");
    JsonNode environment = pod(full).at("/containers/0/env");
    assertThat(environment)
        .extracting(variable -> variable.get("name").asString())
        .containsExactly("SPRING_DATA_REDIS_PASSWORD", "JAVA_TOOL_OPTIONS");
    assertThat(environment.at("/0/valueFrom/secretKeyRef/name").asString()).isEqualTo("redis");

    JsonNode own =
        settings(
            render(
                template()
                    .set("redis.host", "redis")
                    .set("redis.prefix", "staging")
                    .set("persistence.enabled", false)
                    .set("replicaCount", 3)
                    .set("config.keepgate.sequences.store", "memory")));
    assertThat(own.at("/keepgate/replicas/share").asString()).isEqualTo("redis");
    assertThat(own.at("/keepgate/redis/prefix").asString()).isEqualTo("staging");
    assertThat(own.at("/keepgate/replicas").has("content")).isFalse();
    assertThat(own.at("/keepgate/sequences/store").asString()).isEqualTo("memory");
    assertThat(settings(render(template())).at("/keepgate").has("replicas")).isFalse();
  }

  private static JsonNode settings(JsonNode objects) {
    return JSON.valueToTree(
        yaml().load(objects.get("ConfigMap").at("/data/application.yml").asString()));
  }

  @Test
  void podHasTimeToDrainAndToFinishItsRequests() {
    JsonNode objects = render(template());
    JsonNode settings = settings(objects);
    int drain = pod(objects).at("/containers/0/lifecycle/preStop/sleep/seconds").asInt();
    int finish =
        Integer.parseInt(
            settings
                .at("/spring/lifecycle/timeout-per-shutdown-phase")
                .asString()
                .replaceAll("s$", ""));
    assertThat(pod(objects).get("terminationGracePeriodSeconds").asInt())
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
    "image.repository, '', /image/repository",
    "image.pullPolicy, Sometimes, /image/pullPolicy",
    "persistence.size, big, /persistence/size",
    "persistence.accessModes[0], ReadOnlyMany, /persistence/accessModes/0",
    "ingress.enabled, true, /ingress/hosts",
    "serviceMonitor.interval, often, /serviceMonitor/interval",
    "replicas, 2, replicas",
    "persistence.storageclass, fast, storageclass",
  })
  void schemaRefusesValuesThatCannotWork(String name, String value, String place) {
    assertThatThrownBy(() -> template().set(name, value).call())
        .hasMessageContaining("schema")
        .hasMessageContaining("'" + place + "'");
  }

  private static TemplateCommand template() {
    return new Helm(CHART).template().withName("release").withKubeVersion("1.33.0");
  }

  private static TemplateCommand full() {
    return template().withValuesFile(FULL);
  }

  /** The objects that come out, by their kind; no kind comes twice. */
  private static JsonNode render(TemplateCommand template) {
    ObjectNode objects = JSON.createObjectNode();
    StreamSupport.stream(yaml().loadAll(template.call()).spliterator(), false)
        .filter(object -> object != null)
        .forEach(
            object -> {
              JsonNode node = JSON.valueToTree(object);
              assertThat(objects.replace(node.get("kind").asString(), node)).isNull();
              assertThat(node.get("apiVersion").asString()).isNotEmpty();
              assertThat(node.at("/metadata/name").asString()).isEqualTo("release-keepgate");
            });
    return objects;
  }

  private static Yaml yaml() {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    return new Yaml(new SafeConstructor(options));
  }

  private static JsonNode pod(JsonNode objects) {
    return objects.get("Deployment").at("/spec/template/spec");
  }

  private static String strategy(JsonNode objects) {
    return objects.get("Deployment").at("/spec/strategy/type").asString();
  }

  private static String claim(JsonNode objects) {
    return pod(objects).at("/volumes/0/persistentVolumeClaim/claimName").asString();
  }
}
