package dev.keepgate.bench;

import dev.keepgate.KeepgateApplication;
import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A server in a process of its own, from this one's class path. */
record ServerProcess(Process process, int port) implements AutoCloseable {

  /** Of the benchmarks themselves, where our server would find the peer's controller. */
  private static final String BENCHMARKS = "test-classes";

  private static final String GRPC_PORT = "--spring.grpc.server.port=";

  private static final Duration START = Duration.ofMinutes(3);
  private static final Duration POLL = Duration.ofMillis(100);

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /**
   * Starts a server with room enough.
   *
   * @param main its class
   * @param ready a path that answers anything but 503 when it is ready
   */
  static ServerProcess start(String main, String ready, List<String> options)
      throws IOException, InterruptedException {
    return start(List.of("-Xmx2g"), main, ready, options);
  }

  /** Starts a server with options of the JVM's. */
  static ServerProcess start(List<String> jvm, String main, String ready, List<String> options)
      throws IOException, InterruptedException {
    int port = freePort();
    List<String> command = new ArrayList<>();
    command.add(java());
    // ONNX Runtime 1.29 crashes where the command line or the environment is long.
    Path classPath = Files.createTempFile("keepgate-", ".classpath");
    Files.writeString(classPath, "-cp \"" + classPath(main).replace("\\", "\\\\") + "\"");
    command.addAll(jvm);
    command.addAll(List.of("@" + classPath, main));
    command.add("--server.port=" + port);
    if (options.stream().noneMatch(option -> option.startsWith(GRPC_PORT))) {
      // Two servers run side by side.
      command.add(GRPC_PORT + "0");
    }
    command.addAll(options);
    return start(command, main, port, ready);
  }

  /**
   * Our server: of this class path, or of the image that {@code bench.image} names, in a container
   * on the host's network.
   */
  static ServerProcess keepgate() throws IOException, InterruptedException {
    String ready = "/actuator/health/readiness";
    String image = System.getProperty("bench.image", "");
    if (image.isEmpty()) {
      Path repository = Files.createTempDirectory("keepgate-bench-");
      return start(
          KeepgateApplication.class.getName(),
          ready,
          List.of("--keepgate.repository.path=" + repository));
    }
    int port = freePort();
    String variables = "SERVER_PORT=%d MANAGEMENT_SERVER_PORT=%d SPRING_GRPC_SERVER_PORT=%d"
            + " KEEPGATE_SECURITY_OPEN=true";
    List<String> command =
        new ArrayList<>(List.of("docker", "run", "--rm", "--network", "host", "--tmpfs", "/tmp"));
    for (String variable : variables.formatted(port, port, freePort()).split(" ")) {
      command.addAll(List.of("--env", variable));
    }
    command.add(image);
    return start(command, "image", port, ready);
  }

  private static ServerProcess start(List<String> command, String name, int port, String ready)
      throws IOException, InterruptedException {
    File log = Files.createDirectories(Path.of("target", "bench")).resolve(name + ".log").toFile();
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    ServerProcess server = new ServerProcess(process, port);
    try {
      Awaitility.await(name)
          .atMost(START)
          .pollInterval(POLL)
          .until(() -> !process.isAlive() || server.isReady(ready));
    } catch (ConditionTimeoutException e) {
      server.close();
      throw new IOException(name + " is not ready; see " + log, e);
    }
    if (!process.isAlive()) {
      throw new IOException(name + " did not start; see " + log);
    }
    return server;
  }

  private boolean isReady(String path) throws InterruptedException {
    try {
      return send("GET", path, new byte[0], "").statusCode() != 503;
    } catch (IOException e) {
      // Not listening yet.
      return false;
    }
  }

  /** A port that nobody listens on now. */
  static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  /** That of {@code bench.java}, or the one that runs this. */
  private static Path javaHome() {
    String home = System.getProperty("bench.java", "");
    return Path.of(home.isEmpty() ? System.getProperty("java.home") : home);
  }

  private static String java() {
    return javaHome().resolve(Path.of("bin", "java")).toString();
  }

  /** The day, the machine, and the Java or the image that servers run on. */
  static String setting() throws IOException {
    String image = System.getProperty("bench.image", "");
    Properties release = new Properties();
    try (Reader lines = Files.newBufferedReader(javaHome().resolve("release"))) {
      release.load(lines);
    }
    String java = "Java " + release.getProperty("JAVA_VERSION", "").replace("\"", "");
    Path processors = Path.of("/proc/cpuinfo");
    String model =
        Files.isReadable(processors)
            ? Files.readAllLines(processors).stream()
                .filter(line -> line.startsWith("model name"))
                .findFirst()
                .orElse(":")
                .split(":", 2)[1]
                .strip()
            : System.getProperty("os.arch");
    return "%s, %d processors (%s), %s"
        .formatted(
            LocalDate.now(ZoneOffset.UTC),
            Runtime.getRuntime().availableProcessors(),
            model,
            image.isEmpty() ? java : "the image " + image + " and, for the peer, " + java);
  }

  /**
   * Microseconds of the processor since it began; NaN where it is a container, whose process is
   * another's.
   */
  double cpuMicros() {
    return process.info().command().orElse("").endsWith("docker")
        ? Double.NaN
        : ProcessUse.micros(List.of(process.pid()));
  }

  private static String classPath(String main) {
    String own = System.getProperty("java.class.path");
    if (main.startsWith(ServerProcess.class.getPackageName())) {
      return own;
    }
    return Arrays.stream(own.split(File.pathSeparator))
        .filter(entry -> !entry.contains(BENCHMARKS))
        .collect(Collectors.joining(File.pathSeparator));
  }

  HttpResponse<byte[]> send(String method, String path, byte[] body, String mediaType)
      throws IOException, InterruptedException {
    return send(
        method, path, mediaType.isEmpty() ? Map.of() : Map.of("Content-Type", mediaType), body);
  }

  HttpResponse<byte[]> send(LoadRequest request) throws IOException, InterruptedException {
    return send("POST", request.path(), request.headers(), request.body());
  }

  private HttpResponse<byte[]> send(
      String method, String path, Map<String, String> headers, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
            .method(method, BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    return CLIENT.send(request.build(), BodyHandlers.ofByteArray());
  }

  /** Uploads a model of a problem's weights. */
  void upload(String model, Problem problem) throws IOException, InterruptedException {
    Answers.requireStatus(
        201,
        send(
            "PUT",
            "/v1/models/" + model + "/versions/1",
            OnnxLstm.write(problem),
            "application/octet-stream"));
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
