package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.DefaultResourceLoader;

/** What the jar without Kafka's libraries makes of topics. */
@ExtendWith(OutputCaptureExtension.class)
class StreamsLibrariesTest {

  /** Of a server nothing but its settings. */
  @Configuration(proxyBeanMethods = false)
  static class Nothing {}

  private static ConfigurableApplicationContext start(ClassLoader libraries, String... settings) {
    SpringApplication application =
        new SpringApplication(new DefaultResourceLoader(libraries), Nothing.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    return application.run(settings);
  }

  private static ClassLoader withoutKafka() {
    return new FilteredClassLoader("org.apache.kafka", "org.rocksdb");
  }

  @Test
  void bindingsWithoutLibrariesAreRefusedWithTheRemedy(CapturedOutput output) {
    assertThatExceptionOfType(StreamsLibrariesMissingException.class)
        .isThrownBy(
            () -> start(withoutKafka(), "--keepgate.streams.bindings[0].input=readings").close());
    assertThat(output)
        .contains("APPLICATION FAILED TO START")
        .contains("this jar has no Kafka in it")
        .contains("keepgate-<version>-streams.jar")
        .contains("keepgate:streams");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--keepgate.streams.bindings=", "--keepgate.streams.bootstrap-servers=kafka:9092"})
  void serverWithoutBindingsNeedsNoLibraries(String setting) {
    try (ConfigurableApplicationContext server = start(withoutKafka(), setting)) {
      assertThat(server.isRunning()).isTrue();
    }
  }

  @Test
  void bindingsWithLibrariesAreNotRefused() {
    ClassLoader all = StreamsLibrariesTest.class.getClassLoader();
    try (ConfigurableApplicationContext server =
        start(all, "--keepgate.streams.bindings[0].input=readings")) {
      assertThat(server.isRunning()).isTrue();
    }
  }
}
