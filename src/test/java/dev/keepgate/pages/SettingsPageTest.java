package dev.keepgate.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Holds the table of settings against the descriptions in the code, as Spring Boot's annotation
 * processor wrote them down. {@code -Dkeepgate.pages.write=true} writes the table anew.
 */
class SettingsPageTest {

  private static final Path PAGE = Path.of("src/docs/settings.md");
  private static final String BEGIN = "<!-- made by SettingsPageTest -->\n";
  private static final String END = "<!-- end -->";
  private static final String METADATA = "/META-INF/spring-configuration-metadata.json";
  private static final Pattern JAVADOC = Pattern.compile("\\{@\\w+ #?([^}]*)}");
  private static final Pattern CAMEL_CASE = Pattern.compile("[a-z]+(?:[A-Z][a-z]+)+");

  @Test
  void tableIsWhatTheCodeSays() throws Exception {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    String table = table();
    if (Boolean.getBoolean("keepgate.pages.write")) {
      Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(page.indexOf(END)));
      return;
    }
    assertThat(page.substring(begin, page.indexOf(END)))
        .as("the table; CONTRIBUTING.md tells how it is made anew")
        .isEqualTo(table);
  }

  private static String table() throws IOException, ReflectiveOperationException {
    Map<String, JsonNode> settings = new TreeMap<>();
    for (JsonNode setting : metadata().path("properties")) {
      // Two rooms may read one setting; the longer description is the one for readers.
      settings.merge(
          setting.path("name").asString(),
          setting,
          (a, b) -> description(a).length() < description(b).length() ? b : a);
    }
    assertThat(settings).containsKey("keepgate.repository.path");
    StringBuilder table = new StringBuilder("| setting | default | |\n|---|---|---|\n");
    for (Map.Entry<String, JsonNode> setting : settings.entrySet()) {
      assertThat(description(setting.getValue())).as(setting.getKey()).isNotBlank();
      table
          .append("| `%s` | %s | ".formatted(setting.getKey(), standard(setting.getValue())))
          .append(description(setting.getValue()) + values(setting.getValue()) + " |\n");
    }
    return table.toString();
  }

  private static JsonNode metadata() throws IOException {
    try (InputStream in = SettingsPageTest.class.getResourceAsStream(METADATA)) {
      return JsonMapper.shared().readTree(Objects.requireNonNull(in, METADATA));
    }
  }

  private static String standard(JsonNode setting) {
    String value = setting.path("defaultValue").asString("");
    return value.isEmpty() ? "" : "`" + value.replaceAll("[\\[\\] ]", "") + "`";
  }

  /** Markdown of the Javadoc. */
  private static String description(JsonNode setting) {
    String text = setting.path("description").asString("").replaceAll("\\s+", " ").strip();
    Matcher javadoc = JAVADOC.matcher(text.replace("null for", "without it,"));
    return javadoc.replaceAll(code -> "`" + setting(code.group(1)) + "`").replace("|", "\\|");
  }

  /** A component's name as settings are written: {@code leastRate} is {@code least-rate}. */
  private static String setting(String code) {
    return CAMEL_CASE.matcher(code).matches()
        ? code.replaceAll("[A-Z]", "-$0").toLowerCase(Locale.ROOT)
        : code;
  }

  /** What a setting may be, where its type lists that. */
  private static String values(JsonNode setting) throws ReflectiveOperationException {
    String type = setting.path("type").asString("");
    if (!type.startsWith("dev.keepgate.")) {
      return "";
    }
    Object[] constants = Class.forName(type).getEnumConstants();
    return constants == null
        ? ""
        : Arrays.stream(constants)
            .map(constant -> "`" + constant.toString().toLowerCase(Locale.ROOT) + "`")
            .collect(Collectors.joining(", ", " (", ")"));
  }
}
