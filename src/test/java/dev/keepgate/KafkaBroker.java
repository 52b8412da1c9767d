package dev.keepgate;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.awaitility.Awaitility;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/** A Kafka broker to break: a process of its own that is its own controller, on this machine. */
public final class KafkaBroker implements AutoCloseable {

  private static final Duration START = Duration.ofMinutes(2);

  static {
    // Clients that ask for a broker that is not up say so at length, until a server sets levels.
    ((Logger) LoggerFactory.getLogger("org.apache.kafka")).setLevel(Level.ERROR);
  }

  private final Path folder;
  private final int port;
  private Process process;

  private KafkaBroker(Path folder, int port) throws IOException {
    this.folder = folder;
    this.port = port;
    this.process = launch();
  }

  /** Starts one without topics and waits until it can have some. */
  public static KafkaBroker start() throws IOException {
    Path folder = Files.createTempDirectory("kafka-");
    int port = freePort(0);
    Path settings = folder.resolve("server.properties");
    Files.writeString(settings, settings(folder, port, freePort(port)));
    Files.writeString(folder.resolve("logback.xml"), LOGBACK);
    format(settings);
    KafkaBroker broker = new KafkaBroker(folder, port);
    try {
      broker.awaitReady();
      return broker;
    } catch (RuntimeException | Error e) {
      broker.close();
      throw e;
    }
  }

  /** Where clients begin, {@code host:port}. */
  public String bootstrap() {
    return "127.0.0.1:" + port;
  }

  /**
   * Makes a topic.
   *
   * @param config the topic's own settings, as {@code cleanup.policy}
   */
  public void createTopic(String name, int partitions, Map<String, String> config) {
    try (Admin admin = admin()) {
      NewTopic topic = new NewTopic(name, partitions, (short) 1).configs(config);
      admin.createTopics(List.of(topic)).all().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** One that the caller closes. */
  public Admin admin() {
    return Admin.create(
        Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap(),
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 30_000,
            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000));
  }

  /** SIGKILL. What it has acknowledged lies in the system's hands, and outlives it. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Starts it again, at the same address and with what it had, and waits until it serves. */
  public void restart() throws IOException {
    assertThat(process.isAlive()).as("the broker was killed").isFalse();
    process = launch();
    awaitReady();
  }

  @Override
  public void close() {
    try {
      kill();
      FileSystemUtils.deleteRecursively(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Process launch() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dlogback.configurationFile=" + folder.resolve("logback.xml"),
            "-cp",
            System.getProperty("java.class.path"),
            "kafka.Kafka",
            folder.resolve("server.properties").toString())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
        .start();
  }

  private Path log() {
    return folder.resolve("kafka.log");
  }

  private void awaitReady() {
    try (Admin admin = admin()) {
      Awaitility.await("a broker that serves")
          .atMost(START)
          .ignoreException(ExecutionException.class)
          .until(() -> !isAliveOrThrow().describeCluster(admin).isEmpty());
    }
  }

  private KafkaBroker isAliveOrThrow() throws IOException {
    assertThat(process.isAlive()).as(Files.readString(log())).isTrue();
    return this;
  }

  private List<?> describeCluster(Admin admin) throws ExecutionException, InterruptedException {
    return List.copyOf(admin.describeCluster().nodes().get());
  }

  /**
   * A port that no client is given for its own end of a connection: one that asks for a killed
   * broker again and again would otherwise take the broker's port, or connect to itself.
   *
   * @param taken another one than this
   */
  private static int freePort(int taken) throws IOException {
    for (int attempt = 0; ; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
      if (port == taken) {
        continue;
      }
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (IOException e) {
        if (attempt == 20) {
          throw e;
        }
      }
    }
  }

  private static void format(Path settings) {
    PrintStream silent =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    String[] format = {
      "format", "--cluster-id", Uuid.randomUuid().toString(), "--config", settings.toString()
    };
    assertThat(StorageTool.execute(format, silent)).as("the storage is formatted").isZero();
  }

  private static String settings(Path folder, int port, int controllerPort) {
    return """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:%2$d
        listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
        advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
        controller.listener.names=CONTROLLER
        log.dirs=%3$s
        # Records of any time, also of long ago.
        log.retention.ms=-1
        auto.create.topics.enable=false
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=2
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        transaction.state.log.num.partitions=2
        share.coordinator.state.topic.replication.factor=1
        share.coordinator.state.topic.min.isr=1
        group.initial.rebalance.delay.ms=0
        group.min.session.timeout.ms=1000
        transaction.abort.timed.out.transaction.cleanup.interval.ms=500
        log.cleaner.dedupe.buffer.size=2097152
        broker.session.timeout.ms=3000
        broker.heartbeat.interval.ms=500
        """
        .formatted(port, controllerPort, folder.resolve("data"));
  }

  private static final String LOGBACK =
      """
      <configuration>
        <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
          <encoder><pattern>%d %-5level %logger{0} %msg%n</pattern></encoder>
        </appender>
        <root level="WARN"><appender-ref ref="out"/></root>
      </configuration>
      """;
}
