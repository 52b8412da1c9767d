package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import dev.keepgate.DockerEngine;
import dev.keepgate.GoldenCase;
import dev.keepgate.api.http.BusyClients;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The image as it is shipped, run as the chart and the compose file run it. */
class ContainerIT {

  private static final long MEMORY = 2L << 30;

  /** What the JVM may make of a heap's size. */
  private static final long ROUNDING = 4 << 20;

  private static final int STOP_SECONDS = 30;
  private static final String VERSION = "/v1/models/lstm/versions/7";

  private final GoldenCase golden = GoldenCase.read("pytorch-1layer");
  private final String volume = "keepgate-test-" + UUID.randomUUID();

  @BeforeAll
  static void requireDocker() {
    DockerEngine.require();
  }

  @BeforeEach
  void createVolume() {
    docker().createVolumeCmd().withName(volume).exec();
  }

  @AfterEach
  void removeVolume() {
    docker().removeVolumeCmd(volume).exec();
  }

  @Test
  void uploadedModelOutlivesItsContainer() throws Exception {
    try (GenericContainer<?> first = start()) {
      Server server = server(first);
      assertThat(server.put("lstm", 7, BodyPublishers.ofFile(golden.file(".safetensors"))))
          .isEqualTo(201);
      server.unroll(VERSION, golden);
      server.step(VERSION, golden);
      assertThat(stop(first)).isEqualTo(143);
    }
    try (GenericContainer<?> second = start()) {
      Server server = server(second);
      assertThat(server.json(VERSION).get("status").asString()).isEqualTo("AVAILABLE");
      server.unroll(VERSION, golden);
    }
  }

  @Test
  void lockedDownServerIsReadyAndWritesItsVolumesOnly() throws Exception {
    try (GenericContainer<?> container = start()) {
      long heap = MEMORY / 100 * 45;
      assertThat(heap(container)).isBetween(heap - ROUNDING, heap + ROUNDING);
      assertThat(run(container, "bash", "/keepgate/healthcheck").getExitCode()).isZero();
      ExecResult closed =
          run(container, "env", "MANAGEMENT_SERVER_PORT=9", "bash", "/keepgate/healthcheck");
      assertThat(closed.getExitCode()).isEqualTo(1);
      assertThat(run(container, "id", "-u").getStdout().strip()).isEqualTo("10001");
      assertThat(run(container, "sh", "-c", "tr '\\0' '\\n' < /proc/1/cmdline").getStdout())
          .startsWith("java\n");
      assertThat(run(container, "touch", "/keepgate/file").getStderr())
          .contains("Read-only file system");
      assertThat(run(container, "touch", "/models/file").getExitCode()).isZero();
      // A library that was unpacked here could not be loaded: the folder is mounted noexec.
      assertThat(run(container, "find", "/tmp", "-name", "*.so*").getStdout()).isEmpty();
    }
  }

  @Test
  void serverWithoutMemoryEndsWhateverTheOperatorsOptionsAre() throws Exception {
    try (GenericContainer<?> container = start()) {
      ExecResult flags =
          run(
              container,
              "env",
              "JAVA_TOOL_OPTIONS=-XX:-ExitOnOutOfMemoryError",
              "java",
              "@/keepgate/java.options",
              "-XX:+PrintFlagsFinal",
              "-version");
      assertThat(flags.getStdout()).containsPattern("ExitOnOutOfMemoryError +[:=]+ true");
    }
  }

  @Test
  void busyClientsLoseNoRequestAtTheContainersEnd() throws Exception {
    try (GenericContainer<?> container = start()) {
      // The engine's proxy takes connections where the server takes none any more.
      String address =
          container.getContainerInfo().getNetworkSettings().getNetworks().values().stream()
              .findFirst()
              .orElseThrow()
              .getIpAddress();
      try (BusyClients clients = new BusyClients(Objects.requireNonNull(address), 8080)) {
        assertThat(stop(container)).isEqualTo(143);
        clients.assertNoRequestWasLost();
      }
    }
  }

  @Test
  void operatorsOptionsOverruleTheImages() throws Exception {
    try (GenericContainer<?> container =
        container().withEnv("JAVA_TOOL_OPTIONS", "-XX:MaxRAMPercentage=12.5")) {
      container.start();
      assertThat(heap(container)).isBetween(MEMORY / 8 - ROUNDING, MEMORY / 8 + ROUNDING);
    }
  }

  @Test
  void imageMakesTheKeyThatItAsksFor() throws Exception {
    try (GenericContainer<?> container = keyed()) {
      container.start();
      URI models = server(container).address().resolve("/v1/models");
      HttpClient client = HttpClient.newHttpClient();
      HttpRequest.Builder request = HttpRequest.newBuilder(models);
      assertThat(client.send(request.build(), BodyHandlers.discarding()).statusCode())
          .isEqualTo(401);
      String key = run(container, "cat", "/models/.security/first-key").getStdout().strip();
      assertThat(container.getLogs()).contains("first-key").doesNotContain(key);
      request.header("Authorization", "Bearer " + key);
      assertThat(client.send(request.build(), BodyHandlers.discarding()).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void imageNamesItsLibrariesAndItsRevision() throws Exception {
    Map<String, String> labels =
        Objects.requireNonNull(
            docker()
                .inspectImageCmd(ServerImage.built().toString())
                .exec()
                .getConfig()
                .getLabels());
    assertThat(labels)
        .containsEntry("org.opencontainers.image.revision", ServerImage.REVISION)
        .containsKeys("org.opencontainers.image.title", "org.opencontainers.image.version");
    try (GenericContainer<?> container = start()) {
      JsonNode bill =
          JsonMapper.shared()
              .readTree(run(container, "cat", "/keepgate/application.cdx.json").getStdout());
      Set<String> named = new HashSet<>();
      for (JsonNode component : bill.get("components")) {
        named.add(
            component.get("name").asString() + "-" + component.path("version").asString() + ".jar");
      }
      List<String> jars = run(container, "ls", "/keepgate/lib").getStdout().lines().toList();
      assertThat(jars).hasSizeGreaterThan(100);
      assertThat(named).containsAll(jars);
    }
  }

  @Test
  void halfAGigabyteServesManyClients() throws Exception {
    try (GenericContainer<?> container = container()) {
      container.withCreateContainerCmdModifier(
          command -> Objects.requireNonNull(command.getHostConfig()).withMemory(512L << 20));
      container.start();
      Server server = server(container);
      assertThat(server.put("lstm", 7, BodyPublishers.ofFile(golden.file(".safetensors"))))
          .isEqualTo(201);
      ExecutorService clients = Executors.newFixedThreadPool(16);
      List<Callable<Boolean>> calls =
          Collections.nCopies(
              400,
              () -> {
                server.unroll(VERSION, golden);
                return true;
              });
      for (Future<Boolean> call : clients.invokeAll(calls)) {
        assertThat(call.get()).isTrue();
      }
      clients.shutdown();
      assertThat(container.getCurrentContainerInfo().getState().getOOMKilled()).isFalse();
      assertThat(container.isRunning()).isTrue();
    }
  }

  /** The largest Java heap of the container's server, in bytes, up to its rounding. */
  private static long heap(GenericContainer<?> container) throws Exception {
    String samples =
        new String(
            server(container, 8081).get("/actuator/prometheus").body(), StandardCharsets.UTF_8);
    return (long)
        samples
            .lines()
            .filter(line -> line.startsWith("jvm_memory_max_bytes{area=\"heap\""))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .filter(bytes -> bytes > 0)
            .sum();
  }

  private GenericContainer<?> start() {
    GenericContainer<?> container = container();
    container.start();
    return container;
  }

  private GenericContainer<?> container() {
    return keyed().withEnv("KEEPGATE_SECURITY_OPEN", "true");
  }

  /** As the image is. */
  private GenericContainer<?> keyed() {
    return new GenericContainer<>(ServerImage.built())
        .withExposedPorts(8080, 8081)
        .withTmpFs(Map.of("/tmp", "rw,noexec,nosuid,size=64m"))
        .withCreateContainerCmdModifier(
            command -> {
              HostConfig host = Objects.requireNonNull(command.getHostConfig());
              host.withReadonlyRootfs(true)
                  .withCapDrop(Capability.ALL)
                  .withSecurityOpts(List.of("no-new-privileges"))
                  .withMemory(MEMORY)
                  .withBinds(new Bind(volume, new Volume("/models")));
            })
        .waitingFor(Wait.forHealthcheck())
        .withStartupTimeout(Duration.ofMinutes(2));
  }

  /** Sends SIGTERM; the exit code is 137 where the server had to be killed. */
  private static long stop(GenericContainer<?> container) {
    docker().stopContainerCmd(container.getContainerId()).withTimeout(STOP_SECONDS).exec();
    ContainerState state =
        docker().inspectContainerCmd(container.getContainerId()).exec().getState();
    return Objects.requireNonNull(state.getExitCodeLong());
  }

  private static ExecResult run(GenericContainer<?> container, String... command)
      throws IOException, InterruptedException {
    return container.execInContainer(command);
  }

  private static Server server(GenericContainer<?> container) {
    return server(container, 8080);
  }

  private static Server server(GenericContainer<?> container, int port) {
    return new Server(
        URI.create("http://" + container.getHost() + ":" + container.getMappedPort(port)));
  }

  private static DockerClient docker() {
    return DockerClientFactory.lazyClient();
  }
}
