package dev.keepgate.sequence;

import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import dev.keepgate.DockerEngine;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** A Redis in a container, on a port that it keeps when it is started again. */
public final class RedisContainer implements RedisServer {

  private static final int REDIS = 6379;

  private final int port;
  private final GenericContainer<?> container;

  private RedisContainer(int port) {
    this.port = port;
    container =
        new GenericContainer<>(DockerImageName.parse("redis:7.0-bookworm"))
            .withExposedPorts(REDIS)
            .withCommand("redis-server", "--appendonly", "yes", "--appendfsync", "no")
            .withCreateContainerCmdModifier(
                create ->
                    Objects.requireNonNull(create.getHostConfig())
                        .withPortBindings(
                            new PortBinding(Ports.Binding.bindPort(port), ExposedPort.tcp(REDIS))));
  }

  /** Starts one; skips the calling test where no Docker engine answers. */
  public static RedisContainer start() throws IOException {
    DockerEngine.require();
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    RedisContainer redis = new RedisContainer(port);
    redis.container.start();
    redis.awaitAnswer();
    return redis;
  }

  private void awaitAnswer() {
    Awaitility.await("Redis in its container").until(() -> command("PING").startsWith("+PONG"));
  }

  @Override
  public String host() {
    return container.getHost();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void kill() {
    container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void restart() {
    container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    awaitAnswer();
  }

  @Override
  public void close() {
    container.stop();
  }
}
