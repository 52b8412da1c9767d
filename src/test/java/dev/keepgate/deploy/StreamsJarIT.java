package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.DockerEngine;
import dev.keepgate.GoldenCase;
import dev.keepgate.KafkaBroker;
import dev.keepgate.KafkaRecords;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The two jars, with and without Kafka, and the image with it. */
class StreamsJarIT {

  private static final String REQUIRED = "KEEPGATE_REQUIRE_STREAMS";
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final List<String> BINDING =
      List.of(
          "--keepgate.streams.bindings[0].name=notebook",
          "--keepgate.streams.bindings[0].model=notebook-cell",
          "--keepgate.streams.bindings[0].input=readings",
          "--keepgate.streams.bindings[0].output=steps");

  @TempDir private Path folder;

  @Test
  void jarWithoutKafkaRefusesTopicsWithTheRemedy() throws Exception {
    Path log = folder.resolve("server.log");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                jar("keepgate.jar.plain").toString(),
                "--server.port=0",
                "--spring.grpc.server.port=0",
                "--keepgate.repository.path=" + folder.resolve("models")));
    command.addAll(BINDING);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("the server ends").isTrue();
      assertThat(process.exitValue()).isEqualTo(1);
      assertThat(Files.readString(log))
          .contains("this jar has no Kafka in it")
          .contains("keepgate-<version>-streams.jar")
          .contains("keepgate:streams");
    } finally {
      process.destroyForcibly();
    }
  }

  /** Starts a server with a binding and more arguments; it ends when it is closed. */
  private interface Launch {
    AutoCloseable with(List<String> arguments) throws Exception;
  }

  @Test
  void jarWithKafkaAnswersARecordWithTheNotebooksNumbers() throws Exception {
    Path jar = jar("keepgate.jar.streams");
    assertAnswers(
        folder.resolve("states").toString(),
        arguments ->
            ServerProcess.start(
                jar,
                List.of(),
                folder.resolve("models"),
                folder.resolve("server.log"),
                arguments.toArray(String[]::new)));
  }

  /** With the libraries that the build of the image has unpacked, and no others. */
  @Test
  void imageWithKafkaAnswersARecordWithTheNotebooksNumbers() throws Exception {
    Path jar = jar("keepgate.jar.streams");
    DockerEngine.require();
    assertAnswers(
        "/tmp/states",
        arguments -> {
          List<String> command = new ArrayList<>(arguments);
          command.addAll(List.of("--server.port=0", "--management.server.port=0"));
          command.add("--spring.grpc.server.port=0");
          @SuppressWarnings("resource") // closed by whoever launches it
          GenericContainer<?> container =
              new GenericContainer<>(ServerImage.streams(jar))
                  .withNetworkMode("host")
                  .withEnv("KEEPGATE_SECURITY_OPEN", "true")
                  .withCommand(command.toArray(String[]::new))
                  .waitingFor(
                      Wait.forLogMessage(".*Started KeepgateApplication.*", 1)
                          .withStartupTimeout(Duration.ofMinutes(2)));
          container.start();
          return container;
        });
  }

  /** A first record is a first step, of the state that the golden case begins with. */
  private void assertAnswers(String states, Launch launch) throws Exception {
    GoldenCase golden = GoldenCase.read("notebook-cell");
    double[] row = Arrays.copyOf(Objects.requireNonNull(golden.inputs().get("x")).data(), 6);
    try (KafkaBroker broker = KafkaBroker.start();
        KafkaRecords records = new KafkaRecords(broker.bootstrap())) {
      for (String topic : List.of("readings", "readings.dead-letter", "steps")) {
        broker.createTopic(topic, 2, Map.of());
      }
      List<String> options = new ArrayList<>(BINDING);
      options.add("--keepgate.streams.bootstrap-servers=" + broker.bootstrap());
      options.add("--keepgate.streams.state-dir=" + states);
      options.add("--keepgate.streams.bindings[0].value-format=array");
      AutoCloseable server = launch.with(options);
      try {
        records.send(
            KafkaRecords.record(
                "readings",
                "pump-7".getBytes(StandardCharsets.UTF_8),
                Arrays.toString(row).getBytes(StandardCharsets.UTF_8)));
        ConsumerRecord<byte[], byte[]> answer = records.collect("steps", 1).get(0);
        assertThat(new String(answer.key(), StandardCharsets.UTF_8)).isEqualTo("pump-7");
        double[] expected =
            Arrays.copyOf(Objects.requireNonNull(golden.expected().get("h")).data(), 4);
        assertThat(numbers(JSON.readTree(answer.value()).get("output")))
            .containsExactly(expected, within(golden.tolerance()));
      } finally {
        server.close();
      }
    }
  }

  /** Of a list, or of a list of one row. */
  private static double[] numbers(JsonNode output) {
    JsonNode row = output.get(0).isArray() ? output.get(0) : output;
    return row.valueStream().mapToDouble(JsonNode::asDouble).toArray();
  }

  @Test
  void jarsHaveTheLibrariesThatTheirBillsOfMaterialsName() throws Exception {
    assertThat(libraries(jar("keepgate.jar.plain")))
        .noneMatch(library -> library.matches("(kafka|rocksdbjni|zstd-jni|snappy).*"))
        .noneMatch(library -> library.startsWith("scala-"));
    assertThat(materials(jar("keepgate.jar.plain"))).doesNotContain("kafka", "rocksdbjni");
    assertThat(libraries(jar("keepgate.jar.streams")))
        .anyMatch(library -> library.startsWith("kafka-streams-"))
        .anyMatch(library -> library.startsWith("rocksdbjni-"))
        .noneMatch(library -> library.startsWith("scala-"));
    assertThat(materials(jar("keepgate.jar.streams"))).contains("kafka-streams", "rocksdbjni");
  }

  private static List<String> libraries(Path file) throws IOException {
    try (JarFile jar = new JarFile(file.toFile())) {
      return jar.stream()
          .map(entry -> entry.getName())
          .filter(name -> name.startsWith("BOOT-INF/lib/"))
          .map(name -> name.substring("BOOT-INF/lib/".length()))
          .toList();
    }
  }

  private static String materials(Path file) throws IOException {
    try (JarFile jar = new JarFile(file.toFile());
        var bill = jar.getInputStream(jar.getJarEntry("META-INF/sbom/application.cdx.json"))) {
      return new String(bill.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Skips the calling test where a jar was not built, or fails it, as {@link #REQUIRED} says. */
  private static Path jar(String property) {
    Path jar = Path.of(Objects.requireNonNull(System.getProperty(property)));
    if (Boolean.parseBoolean(System.getenv(REQUIRED))) {
      assertThat(jar).as("what %s=true asks for", REQUIRED).exists();
    }
    assumeTrue(Files.exists(jar), () -> jar + " was not built");
    return jar;
  }
}
