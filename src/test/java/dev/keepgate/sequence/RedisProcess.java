package dev.keepgate.sequence;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.awaitility.Awaitility;

/** A {@code redis-server} of this machine's own. */
public final class RedisProcess implements RedisServer {

  private final Path folder;
  private final int port;
  private Process process;

  private RedisProcess(Path folder, int port) throws IOException {
    this.folder = folder;
    this.port = port;
    this.process = launch();
  }

  /** The program, where this machine has it. */
  public static Optional<Path> program() {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
        .map(path -> Path.of(path, "redis-server"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  public static RedisProcess start(Path folder) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    return new RedisProcess(folder, port);
  }

  private Process launch() throws IOException {
    Process launched =
        new ProcessBuilder(
                program().orElseThrow().toString(),
                "--bind",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--dir",
                folder.toString(),
                "--appendonly",
                "yes",
                // What is handed to the system outlives the process.
                "--appendfsync",
                "no",
                "--save",
                "")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("redis.log").toFile())
            .start();
    Awaitility.await("redis-server").until(() -> command("PING").startsWith("+PONG"));
    return launched;
  }

  @Override
  public String host() {
    return "127.0.0.1";
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void restart() throws IOException {
    process = launch();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
