package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.comments.CommentLine;
import org.yaml.snakeyaml.comments.CommentType;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import tools.jackson.databind.JsonNode;

/**
 * Holds the chart's table of values against {@code values.yaml}, its comments and the schema.
 * {@code -Dkeepgate.pages.write=true} writes the table anew.
 */
class HelmChartReadmeTest {

  private static final Path PAGE = RenderedChart.SOURCE.resolve("README.md");
  private static final String BEGIN = "<!-- made by HelmChartReadmeTest -->\n";
  private static final String END = "<!-- end -->";

  private record Value(String name, String standard, String description) {}

  @Test
  void tableIsWhatTheValuesSay() throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    String table =
        "| value | default | |\n|---|---|---|\n"
            + values().stream()
                .map(v -> "| `%s` | `%s` | %s |\n".formatted(v.name, v.standard, v.description))
                .collect(Collectors.joining());
    if (Boolean.getBoolean("keepgate.pages.write")) {
      Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(page.indexOf(END)));
      return;
    }
    assertThat(page.substring(begin, page.indexOf(END)))
        .as("the table; CONTRIBUTING.md tells how it is made anew")
        .isEqualTo(table);
  }

  @Test
  void schemaKnowsTheValuesThatThereAreAndNoOthers() throws IOException {
    List<String> known = new ArrayList<>();
    leaves("", schema(), known);
    // Helm's own, which a parent's chart has.
    known.remove("global");
    assertThat(values()).extracting(Value::name).containsExactlyInAnyOrderElementsOf(known);
  }

  private static void leaves(String name, JsonNode schema, List<String> names) throws IOException {
    JsonNode properties = resolved(schema).get("properties");
    if (properties == null) {
      names.add(name);
      return;
    }
    for (var property : properties.properties()) {
      leaves(joined(name, property.getKey()), property.getValue(), names);
    }
  }

  private static String joined(String parent, String key) {
    return parent.isEmpty() ? key : parent + "." + key;
  }

  private static JsonNode schema() throws IOException {
    return RenderedChart.JSON.readTree(
        Files.readString(RenderedChart.SOURCE.resolve("values.schema.json")));
  }

  private static boolean isObject(String name) throws IOException {
    JsonNode schema = schema();
    for (String key : name.split("\\.")) {
      schema = resolved(schema.get("properties").path(key));
    }
    return schema.has("properties");
  }

  private static JsonNode resolved(JsonNode schema) throws IOException {
    JsonNode reference = schema.get("$ref");
    return reference == null ? schema : schema().at(reference.asString().substring(1));
  }

  private static List<Value> values() throws IOException {
    LoaderOptions options = new LoaderOptions();
    options.setProcessComments(true);
    try (var reader = Files.newBufferedReader(RenderedChart.SOURCE.resolve("values.yaml"))) {
      List<Value> values = new ArrayList<>();
      JsonNode plain =
          RenderedChart.yaml(Files.readString(RenderedChart.SOURCE.resolve("values.yaml")));
      collect("", (MappingNode) new Yaml(options).compose(reader), plain, values);
      return values;
    }
  }

  /** Goes down as far as the schema names what an object may have. */
  private static void collect(
      String parent, MappingNode mapping, JsonNode plain, List<Value> values) throws IOException {
    for (NodeTuple entry : mapping.getValue()) {
      String key = ((ScalarNode) entry.getKeyNode()).getValue();
      String name = joined(parent, key);
      if (isObject(name)) {
        collect(name, (MappingNode) entry.getValueNode(), plain.get(key), values);
      } else {
        String description = description(entry.getKeyNode().getBlockComments());
        assertThat(description).as("the comment of %s", name).isNotBlank();
        values.add(new Value(name, standard(plain.get(key)), description));
      }
    }
  }

  /** The comment's last paragraph: one before it is of what follows as a whole. */
  private static String description(@Nullable List<CommentLine> comment) {
    StringBuilder text = new StringBuilder();
    for (CommentLine line : Objects.requireNonNullElse(comment, List.<CommentLine>of())) {
      if (line.getCommentType() == CommentType.BLANK_LINE) {
        text.setLength(0);
      } else {
        text.append(text.isEmpty() ? "" : " ").append(line.getValue().strip());
      }
    }
    return text.toString().replace("|", "\\|");
  }

  /** A value as one line of YAML, its objects' keys in order. */
  private static String standard(JsonNode value) {
    return value.isString() && !value.asString().isEmpty()
        ? value.asString()
        : value
            .toString()
            .replace(":", ": ")
            .replace(",", ", ")
            .replaceAll("\"(?=[^\"])|(?<=[^\"])\"", "");
  }
}
