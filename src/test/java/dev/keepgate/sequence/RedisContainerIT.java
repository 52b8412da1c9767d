package dev.keepgate.sequence;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Against a Redis in a container. */
class RedisContainerIT extends RedisContract {

  private static RedisContainer redis;

  @BeforeAll
  static void start() throws IOException {
    redis = RedisContainer.start();
  }

  @AfterAll
  static void stop() {
    if (redis != null) {
      redis.close();
    }
  }

  @Override
  RedisServer redis() {
    return redis;
  }
}
