package dev.keepgate.sequence;

import dev.keepgate.listener.Listeners;
import dev.keepgate.redis.RedisConnections;
import dev.keepgate.redis.RedisProperties;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** The contract against a real server, whose time cannot be turned. */
abstract class RedisContract extends SequenceStoreContract {

  static final RedisProperties PREFIX = new RedisProperties("keepgate");

  private @Nullable LettuceConnectionFactory connections;

  abstract RedisServer redis();

  @Override
  SequenceStore open(SequenceProperties properties, SequenceListener listener) {
    disconnect();
    LettuceConnectionFactory connected = connect(redis());
    connections = connected;
    connected.getConnection().serverCommands().flushAll();
    return new RedisSequenceStore(
        connected, PREFIX, properties, new Listeners<>(List.of(listener)));
  }

  static LettuceConnectionFactory connect(RedisServer redis) {
    return RedisConnections.open(redis.host(), redis.port(), LettuceClientConfiguration.builder());
  }

  @AfterEach
  void disconnect() {
    if (connections != null) {
      connections.destroy();
    }
  }

  @Override
  Clock clock() {
    return Clock.systemUTC();
  }

  @Override
  void pass(Duration time) throws InterruptedException {
    Thread.sleep(time.toMillis());
  }

  @Override
  void reap() {
    ((RedisSequenceStore) store).reap();
  }
}
