package dev.keepgate.api.kafka;

import java.util.List;
import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/**
 * Lets no server start that is told of topics and cannot read them. After all settings have been
 * read, and without a class of Kafka's.
 */
final class StreamsLibraries implements EnvironmentPostProcessor {

  private static final String BINDINGS = "keepgate.streams.bindings";
  private static final String KAFKA_STREAMS = "org.apache.kafka.streams.KafkaStreams";

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    if (hasBindings(environment)
        && !ClassUtils.isPresent(KAFKA_STREAMS, application.getClassLoader())) {
      throw new StreamsLibrariesMissingException();
    }
  }

  private static boolean hasBindings(ConfigurableEnvironment environment) {
    // What is in them is read, and refused, where they are used.
    ResolvableType binding =
        ResolvableType.forClassWithGenerics(Map.class, String.class, Object.class);
    Bindable<List<Map<String, Object>>> bindings =
        Bindable.of(ResolvableType.forClassWithGenerics(List.class, binding));
    return !Binder.get(environment).bind(BINDINGS, bindings).orElse(List.of()).isEmpty();
  }
}
