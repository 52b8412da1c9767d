package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.GoldenCase;
import dev.keepgate.KafkaBroker;
import dev.keepgate.KafkaRecords;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The two jars, with and without Kafka. */
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

  /** A first record is a first step, of the state that the golden case begins with. */
  @Test
  void jarWithKafkaAnswersARecordWithTheNotebooksNumbers() throws Exception {
    Path jar = jar("keepgate.jar.streams");
    GoldenCase golden = GoldenCase.read("notebook-cell");
    double[] row = Arrays.copyOf(Objects.requireNonNull(golden.inputs().get("x")).data(), 6);
    try (KafkaBroker broker = KafkaBroker.start();
        KafkaRecords records = new KafkaRecords(broker.bootstrap())) {
      for (String topic : List.of("readings", "readings.dead-letter", "steps")) {
        broker.createTopic(topic, 2, Map.of());
      }
      List<String> options = new ArrayList<>(BINDING);
      options.add("--keepgate.streams.bootstrap-servers=" + broker.bootstrap());
      options.add("--keepgate.streams.state-dir=" + folder.resolve("states"));
      options.add("--keepgate.streams.bindings[0].value-format=array");
      try (ServerProcess server =
          ServerProcess.start(
              jar,
              List.of(),
              folder.resolve("models"),
              folder.resolve("server.log"),
              options.toArray(String[]::new))) {
        records.send(
            KafkaRecords.record(
                "readings",
                "pump-7".getBytes(StandardCharsets.UTF_8),
                Arrays.toString(row).getBytes(StandardCharsets.UTF_8)));
        ConsumerRecord<byte[], byte[]> answer = records.collect("steps", 1).get(0);
        assertThat(server.process().isAlive()).isTrue();
        assertThat(new String(answer.key(), StandardCharsets.UTF_8)).isEqualTo("pump-7");
        double[] expected =
            Arrays.copyOf(Objects.requireNonNull(golden.expected().get("h")).data(), 4);
        assertThat(numbers(JSON.readTree(answer.value()).get("output")))
            .containsExactly(expected, within(golden.tolerance()));
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
