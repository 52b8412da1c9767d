package dev.keepgate.registry.replica.redis;

import dev.keepgate.redis.RedisConnections;
import dev.keepgate.redis.RedisProperties;
import dev.keepgate.registry.ReplicaProperties;
import dev.keepgate.registry.ReplicaProperties.Content;
import dev.keepgate.registry.ReplicaProperties.Share;
import dev.keepgate.registry.replica.SharedCatalog;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.util.unit.DataSize;

/** One replica's view of the catalog, over connections of its own, as the server makes it. */
public final class OpenCatalog implements AutoCloseable {

  /** Small, so that every model takes several. */
  public static final int CHUNK = 1024;

  public static final long MAX_BYTES = 100_000;
  public static final Duration CLAIM_TTL = Duration.ofSeconds(2);

  private static final RedisProperties PREFIX = new RedisProperties("keepgate");

  private static final ClientResources RESOURCES =
      ClientResources.builder().reconnectDelay(Delay.constant(Duration.ofMillis(50))).build();

  private final LettuceConnectionFactory connections;
  private final RedisCatalog catalog;

  private OpenCatalog(
      LettuceConnectionFactory connections, RedisProperties redis, Content content) {
    this.connections = connections;
    this.catalog =
        new RedisCatalog(
            connections,
            redis,
            new ReplicaProperties(
                Share.REDIS,
                content,
                Duration.ofMillis(100),
                CLAIM_TTL,
                DataSize.ofBytes(CHUNK),
                DataSize.ofBytes(MAX_BYTES),
                1000));
  }

  public static OpenCatalog connect(String host, int port, Content content) {
    return connect(host, port, PREFIX, content);
  }

  /** Connects to what servers of this prefix share. */
  public static OpenCatalog connect(String host, int port, RedisProperties redis, Content content) {
    LettuceConnectionFactory connections =
        RedisConnections.open(
            host, port, LettuceClientConfiguration.builder().clientResources(RESOURCES));
    return new OpenCatalog(connections, redis, content);
  }

  /** With the models' bytes in Redis, over connections that are destroyed with it. */
  static OpenCatalog over(LettuceConnectionFactory connections) {
    return new OpenCatalog(connections, PREFIX, Content.REDIS);
  }

  public SharedCatalog catalog() {
    return catalog;
  }

  /** The key that the catalog keeps something under. */
  public static String key(String name) {
    return PREFIX.keys("models") + name;
  }

  public LettuceConnectionFactory connections() {
    return connections;
  }

  @Override
  public void close() {
    catalog.close();
    connections.destroy();
  }
}
