package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * The packaged jar as a process of its own.
 *
 * @param log where its output goes
 */
record ServerProcess(Process process, Server server, Path log) implements AutoCloseable {

  private static final Duration START = Duration.ofMinutes(2);
  private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

  /** Starts a server on a port of its choice and waits until it is ready. */
  static ServerProcess start(Path repository, Path log, String... options) throws IOException {
    return start(List.of(), repository, log, options);
  }

  /**
   * Does the same.
   *
   * @param jvm options of the JVM
   */
  static ServerProcess start(List<String> jvm, Path repository, Path log, String... options)
      throws IOException {
    Path jar = Path.of(Objects.requireNonNull(System.getProperty("keepgate.jar")));
    return start(jar, jvm, repository, log, options);
  }

  /**
   * Does the same.
   *
   * @param jar in place of the one under test
   */
  static ServerProcess start(
      Path jar, List<String> jvm, Path repository, Path log, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.add("-jar");
    command.add(jar.toString());
    command.add("--server.port=0");
    command.add("--spring.grpc.server.port=0");
    command.add("--keepgate.repository.path=" + repository);
    command.addAll(List.of(options));
    Files.deleteIfExists(log);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      Server server = new Server(URI.create("http://localhost:" + port(process, log)));
      Awaitility.await("readiness").atMost(START).until(server::isReady);
      return new ServerProcess(process, server, log);
    } catch (RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static int port(Process process, Path log) {
    return Awaitility.await("the server's port")
        .atMost(START)
        .until(
            () -> {
              String output = Files.readString(log, StandardCharsets.UTF_8);
              assertThat(process.isAlive()).as(output).isTrue();
              Matcher matcher = PORT.matcher(output);
              return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
            },
            port -> port > 0);
  }

  /** SIGKILL: nothing of the server's gets a chance to clean up. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Waits until it takes no more connections. */
  void awaitDraining() {
    Awaitility.await("the end of the server")
        .atMost(START)
        .until(() -> Files.readString(log).contains("No more connections are taken"));
  }

  int exitCode() throws InterruptedException {
    assertThat(process.waitFor(START.toSeconds(), TimeUnit.SECONDS)).as("the server ends").isTrue();
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
