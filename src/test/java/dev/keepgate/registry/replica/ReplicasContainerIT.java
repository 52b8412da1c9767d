package dev.keepgate.registry.replica;

import dev.keepgate.DockerEngine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** Over a Redis in a container. */
class ReplicasContainerIT extends ReplicasContract {

  private static GenericContainer<?> redis;

  @BeforeAll
  static void start() {
    DockerEngine.require();
    redis =
        new GenericContainer<>(DockerImageName.parse("redis:7.0-bookworm")).withExposedPorts(6379);
    redis.start();
  }

  @AfterAll
  static void stop() {
    if (redis != null) {
      redis.stop();
    }
  }

  @Override
  String host() {
    return redis.getHost();
  }

  @Override
  int port() {
    return redis.getMappedPort(6379);
  }
}
