package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerProperties;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.core.io.ByteArrayResource;

/** The page's table of risks names tests that are there, and its settings are some. */
class SecurityPageTest {

  private static final Path PAGE = Path.of("src/docs/security.md");
  private static final Pattern YAML = Pattern.compile("(?ms)^```yaml\n(.*?)^```");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (API\\d+) .*$");
  private static final Pattern TEST =
      Pattern.compile("`([A-Z]\\w+(?:Test|IT|Contract))(?:#(\\w+))?`");

  /** What binds settings that begin so: with a name that it does not know it fails. */
  private static final Map<String, Class<?>> SETTINGS =
      Map.of(
          "keepgate.security", SecurityProperties.class,
          "keepgate.streams", streams(),
          "server", ServerProperties.class,
          "spring.ssl", SslProperties.class,
          "spring.data.redis", DataRedisProperties.class,
          "spring.grpc.server", GrpcServerProperties.class);

  /** Another room's own. */
  private static Class<?> streams() {
    try {
      return Class.forName("dev.keepgate.api.kafka.StreamsProperties");
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void everyFileAndEverySettingIsKnown() throws IOException {
    List<String> blocks =
        YAML.matcher(Files.readString(PAGE)).results().map(block -> block.group(1)).toList();
    assertThat(blocks).hasSize(5);
    KeysFile file = new KeysFile(PAGE, 1 << 20);
    byte[] keys = blocks.get(0).getBytes(StandardCharsets.UTF_8);
    assertThat(file.parse(keys).names()).containsExactly("forecaster");
    for (String block : blocks.subList(1, blocks.size())) {
      YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
      yaml.setResources(new ByteArrayResource(block.getBytes(StandardCharsets.UTF_8)));
      Properties settings = Objects.requireNonNull(yaml.getObject());
      Binder binder = new Binder(new MapConfigurationPropertySource(settings));
      for (String name : settings.stringPropertyNames()) {
        assertThat(SETTINGS.keySet()).as(name).anyMatch(each -> name.startsWith(each + "."));
      }
      SETTINGS.forEach(
          (prefix, type) ->
              binder.bind(
                  prefix,
                  Bindable.of(type),
                  new NoUnboundElementsBindHandler(BindHandler.DEFAULT, source -> true)));
    }
  }

  @Test
  void everyRiskHasItsTest() throws IOException {
    Map<String, Path> tests;
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      tests =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .collect(
                  Collectors.toMap(
                      file -> file.getFileName().toString().replace(".java", ""),
                      Function.identity(),
                      (one, other) -> one));
    }
    List<Matcher> rows =
        ROW.matcher(Files.readString(PAGE))
            .results()
            .map(row -> TEST.matcher(row.group()))
            .toList();
    assertThat(rows).hasSize(10);
    for (Matcher named : rows) {
      int count = 0;
      for (; named.find(); count++) {
        assertThat(tests).containsKey(named.group(1));
        String method = named.group(2);
        if (method != null) {
          assertThat(tests.get(named.group(1))).content().contains("void " + method + "(");
        }
      }
      assertThat(count).as("%s", named).isPositive();
    }
  }
}
