package dev.keepgate.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The chart's objects against types and schemas that were made of the API's own: Kubernetes', the
 * Prometheus operator's, the Gateway API's and KEDA's. The compiler refuses a field that is missing
 * or that no type has; the schemas what a value must not be.
 */
class HelmChartTypesTest {

  private static final String REQUIRED = "KEEPGATE_REQUIRE_CLIENTS";

  /** Where {@code npm ci} puts the compiler and the types of the lock file. */
  private static final Path MODULES = Path.of("target/typescript/node_modules").toAbsolutePath();

  private static final Path TSC = MODULES.resolve(".bin/tsc");

  /** The package and group of each version of the API. */
  private static final Map<String, String> PACKAGES =
      Map.of(
          "v1", "kubernetes-models/v1",
          "apps/v1", "kubernetes-models/apps/v1",
          "autoscaling/v2", "kubernetes-models/autoscaling/v2",
          "networking.k8s.io/v1", "kubernetes-models/networking.k8s.io/v1",
          "policy/v1", "kubernetes-models/policy/v1",
          "monitoring.coreos.com/v1",
              "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
          "gateway.networking.k8s.io/v1",
              "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1",
          "keda.sh/v1alpha1", "@kubernetes-models/keda/keda.sh/v1alpha1");

  private record Outcome(int exit, String output) {}

  @BeforeEach
  void requireCompiler() {
    boolean present =
        Files.isExecutable(TSC) && Files.isDirectory(MODULES.resolve("kubernetes-models"));
    if (Boolean.parseBoolean(System.getenv(REQUIRED))) {
      assertThat(present).as("%s has what %s asks for", MODULES, REQUIRED).isTrue();
    }
    assumeTrue(present, "The chart's objects are not checked, for want of " + MODULES);
  }

  @Test
  void everyObjectOfEveryExampleIsOneOfTheApis(@TempDir Path folder) throws Exception {
    Map<String, JsonNode> objects = new TreeMap<>();
    for (String example : RenderedChart.examples()) {
      RenderedChart.of(example)
          .objects()
          .forEach((name, object) -> objects.put(example + "/" + name, object));
    }
    assertThat(objects.values().stream().map(object -> object.get("kind").asString()).distinct())
        .hasSizeGreaterThan(15);
    Outcome types = types(objects, folder);
    assertThat(types.output()).isEmpty();
    assertThat(types.exit()).isZero();
    Outcome schemas = schemas(folder);
    assertThat(schemas.output().strip()).isEqualTo(objects.size() + " objects");
    assertThat(schemas.exit()).isZero();
  }

  /** What the test above would say of objects that are none. */
  @Test
  void fieldsThatAreUnknownMissingOrWrongAreFound(@TempDir Path folder) throws Exception {
    ObjectNode unknown = deployment();
    ((ObjectNode) unknown.at("/spec/template/spec/containers/0")).put("imagePullPolice", "Always");
    ObjectNode missing = deployment();
    ((ObjectNode) missing.at("/spec")).remove("selector");
    ObjectNode wrong = deployment();
    ((ObjectNode) wrong.at("/spec")).put("replicas", "two");
    ObjectNode scaled = (ObjectNode) RenderedChart.of("keda").get("ScaledObject").deepCopy();
    ((ObjectNode) scaled.at("/spec/triggers/0")).put("metricTypes", "AverageValue");
    Outcome types =
        types(new TreeMap<>(Map.of("a", unknown, "b", missing, "c", wrong, "d", scaled)), folder);
    assertThat(types.exit()).isNotZero();
    assertThat(types.output().lines().filter(line -> line.contains("error TS"))).hasSize(4);
    assertThat(types.output())
        .contains(
            "imagePullPolice",
            "required in type 'IDeploymentSpec'",
            "'string' is not assignable to type 'number'",
            "metricTypes");
  }

  @Test
  void valuesThatSchemasForbidAreFound(@TempDir Path folder) throws Exception {
    ObjectNode route = (ObjectNode) RenderedChart.of("gateway").get("HTTPRoute").deepCopy();
    ((ObjectNode) route.at("/spec/rules/0/backendRefs/0")).put("port", 99999);
    types(new TreeMap<>(Map.of("a", route)), folder);
    Outcome schemas = schemas(folder);
    assertThat(schemas.exit()).isNotZero();
    assertThat(schemas.output()).contains("a: ", "port");
  }

  private static ObjectNode deployment() {
    return (ObjectNode) RenderedChart.of("minimal").get("Deployment").deepCopy();
  }

  /** Compiles a program that has each object as a literal of its type and checks its schema. */
  private static Outcome types(Map<String, JsonNode> objects, Path folder) throws Exception {
    Path modules = folder.resolve("node_modules");
    if (!Files.exists(modules)) {
      Files.createSymbolicLink(modules, MODULES);
    }
    Files.writeString(folder.resolve("package.json"), "{\"type\": \"module\"}", UTF_8);
    Files.writeString(folder.resolve("objects.ts"), program(objects), UTF_8);
    return run(
        folder,
        TSC.toString(),
        "--strict",
        "--skipLibCheck",
        "--target",
        "es2022",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
        "--preserveSymlinks",
        "--lib",
        "es2022,dom",
        "objects.ts");
  }

  private static Outcome schemas(Path folder) throws Exception {
    return run(folder, "node", "--preserve-symlinks", "objects.js");
  }

  private static String program(Map<String, JsonNode> objects) {
    Map<String, String> imports = new TreeMap<>();
    StringBuilder literals = new StringBuilder();
    StringBuilder checks = new StringBuilder();
    objects.forEach(
        (name, object) -> {
          String kind = object.get("kind").asString();
          String group = PACKAGES.get(object.get("apiVersion").asString());
          assertThat(group).as(object.get("apiVersion").asString()).isNotNull();
          imports.put(kind, "import { %1$s, I%1$s } from \"%2$s/%1$s\";\n".formatted(kind, group));
          String literal = "o" + literals.toString().lines().count();
          literals.append("const %s: I%s = %s;\n".formatted(literal, kind, object));
          checks.append(
              "check(%s, () => new %s(%s).validate());\n"
                  .formatted(RenderedChart.JSON.valueToTree(name), kind, literal));
        });
    return String.join("", imports.values())
        + literals
        + """
        let failed = 0;
        function check(name: string, validate: () => void) {
          try {
            validate();
          } catch (error) {
            failed++;
            console.log(name + ": " + error);
          }
        }
        """
        + checks
        + "console.log(\"%d objects\");\nif (failed) throw new Error();\n"
            .formatted(objects.size());
  }

  private static Outcome run(Path folder, String... command)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(List.of(command))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(process.exitValue(), Files.readString(output, UTF_8));
  }
}
