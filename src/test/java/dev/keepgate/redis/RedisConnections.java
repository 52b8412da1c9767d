package dev.keepgate.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import java.time.Duration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** Connections of a test's own: what Redis cannot be told at once fails. */
public final class RedisConnections {

  private RedisConnections() {}

  /**
   * Opens them, to be destroyed by the caller.
   *
   * @param options what is special about them
   */
  public static LettuceConnectionFactory open(
      String host, int port, LettuceClientConfigurationBuilder options) {
    return open(new RedisStandaloneConfiguration(host, port), options);
  }

  /** Does so where Redis is more than one server. */
  public static LettuceConnectionFactory open(
      RedisConfiguration servers, LettuceClientConfigurationBuilder options) {
    LettuceConnectionFactory connections =
        new LettuceConnectionFactory(
            servers,
            options
                .commandTimeout(Duration.ofSeconds(2))
                .clientOptions(
                    ClientOptions.builder()
                        .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                        .build())
                .build());
    connections.afterPropertiesSet();
    connections.start();
    return connections;
  }
}
