package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.core.io.ByteArrayResource;

/** The settings that the page shows are some. */
class StreamsPageTest {

  private static final Path PAGE = Path.of("src/docs/kafka.md");
  private static final Pattern YAML = Pattern.compile("(?ms)^```yaml\n(.*?)^```");

  @Test
  void everySettingIsKnown() throws IOException {
    List<String> blocks =
        YAML.matcher(Files.readString(PAGE)).results().map(block -> block.group(1)).toList();
    assertThat(blocks).hasSize(1);
    YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
    yaml.setResources(new ByteArrayResource(blocks.get(0).getBytes(StandardCharsets.UTF_8)));
    Properties settings = Objects.requireNonNull(yaml.getObject());
    assertThat(settings.stringPropertyNames())
        .allMatch(name -> name.startsWith("keepgate.streams."));
    StreamsProperties bound =
        new Binder(new MapConfigurationPropertySource(settings))
            .bind(
                "keepgate.streams",
                Bindable.of(StreamsProperties.class),
                new NoUnboundElementsBindHandler(BindHandler.DEFAULT, source -> true))
            .get();
    assertThat(bound.bindings()).singleElement().matches(each -> each.name().equals("pumps"));
  }
}
