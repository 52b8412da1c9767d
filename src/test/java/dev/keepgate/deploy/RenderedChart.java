package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The objects that come out of the chart, by kind and what their name has beyond the release's:
 * {@code Service}, {@code Service-headless}.
 */
record RenderedChart(Map<String, JsonNode> objects) {

  static final Path SOURCE = Path.of("helm/keepgate");
  static final String NAMESPACE = "research";

  /** Keys of objects are in order, so that texts can be compared. */
  static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  /** A copy whose hooks are objects like others: {@code helm template} leaves them out here. */
  private static final Path CHART = withoutHooks();

  private static Path withoutHooks() {
    try {
      Path chart = copy(Files.createTempDirectory("keepgate-chart").resolve("keepgate"));
      Path test = chart.resolve("templates/tests/ready.yaml");
      String text = Files.readString(test);
      String plain = text.replaceAll("(?m)^ *helm\\.sh/hook: test\n", "");
      assertThat(plain).hasSizeLessThan(text.length());
      Files.writeString(test, plain);
      return chart;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The chart as it would be packaged. */
  static Path copy(Path target) throws IOException {
    try (Stream<Path> files = Files.walk(SOURCE, FileVisitOption.FOLLOW_LINKS)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(SOURCE.relativize(file).toString()));
      }
    }
    return target;
  }

  /** The names of {@code ci/*-values.yaml} without their end. */
  static List<String> examples() throws IOException {
    try (Stream<Path> files = Files.list(SOURCE.resolve("ci"))) {
      return files
          .map(file -> file.getFileName().toString())
          .map(file -> file.replaceFirst("-values\\.yaml$", ""))
          .sorted()
          .toList();
    }
  }

  static Path values(String example) {
    return SOURCE.resolve("ci/" + example + "-values.yaml").toAbsolutePath();
  }

  static TemplateCommand template(String example) {
    return template(CHART, example);
  }

  static TemplateCommand template(Path chart, String example) {
    return new Helm(chart)
        .template()
        .withName("release")
        .withNamespace(NAMESPACE)
        .withKubeVersion("1.33.0")
        .withValuesFile(values(example));
  }

  static RenderedChart of(String example) {
    return of(template(example));
  }

  static RenderedChart of(TemplateCommand template) {
    return ofManifests(template.call());
  }

  static RenderedChart ofManifests(String manifests) {
    Map<String, JsonNode> objects = new TreeMap<>();
    for (Object document : yaml().loadAll(manifests)) {
      if (document == null) {
        continue;
      }
      JsonNode object = JSON.valueToTree(document);
      assertThat(object.get("apiVersion").asString()).isNotEmpty();
      String suffix =
          object
              .at("/metadata/name")
              .asString()
              .replaceFirst("^(release-keepgate|forecasts)(?=$|-)", "");
      assertThat(suffix).matches("|-[a-z]+");
      assertThat(objects.put(object.get("kind").asString() + suffix, object)).isNull();
    }
    return new RenderedChart(objects);
  }

  static JsonNode yaml(String text) {
    return JSON.valueToTree(yaml().load(text));
  }

  private static Yaml yaml() {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    return new Yaml(new SafeConstructor(options));
  }

  JsonNode get(String object) {
    return Objects.requireNonNull(objects.get(object), object);
  }

  JsonNode pod() {
    return get("Deployment").at("/spec/template/spec");
  }

  JsonNode container() {
    return pod().at("/containers/0");
  }

  /** The server's {@code application.yml}. */
  JsonNode settings() {
    return yaml(get("ConfigMap").at("/data/application.yml").asString());
  }

  /** What {@code helm test} runs, asking a server on this machine in place of the service. */
  ProcessBuilder test(int port) {
    JsonNode container = get("Pod-test").at("/spec/containers/0");
    ProcessBuilder test =
        new ProcessBuilder(
            Stream.concat(
                    container.get("command").valueStream(), container.get("args").valueStream())
                .map(JsonNode::asString)
                .toList());
    test.environment().putAll(Map.of("HOST", "localhost", "PORT", String.valueOf(port)));
    return test;
  }

  /** What a list's members have under a key, by their names. */
  static Map<String, String> byName(JsonNode list, String key) {
    Map<String, String> values = new TreeMap<>();
    list.forEach(
        member -> values.put(member.get("name").asString(), member.path(key).asString("")));
    return values;
  }
}
