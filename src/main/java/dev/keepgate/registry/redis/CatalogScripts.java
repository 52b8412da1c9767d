package dev.keepgate.registry.redis;

import dev.keepgate.registry.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.script.DefaultRedisScript;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * Runs the catalog's scripts, each in one round trip. All keys share one hash tag: in a cluster
 * they lie on one node.
 */
final class CatalogScripts {

  static final String PREFIX = "{keepgate:models}:";

  private final RedisTemplate<byte[], byte[]> redis = new RedisTemplate<>();

  @SuppressWarnings("rawtypes")
  private final Map<String, RedisScript<List>> scripts = new ConcurrentHashMap<>();

  CatalogScripts(RedisConnectionFactory connections) {
    redis.setConnectionFactory(connections);
    redis.setEnableDefaultSerializer(false);
    redis.setKeySerializer(RedisSerializer.byteArray());
    redis.setHashKeySerializer(RedisSerializer.byteArray());
    redis.setHashValueSerializer(RedisSerializer.byteArray());
    redis.afterPropertiesSet();
  }

  /**
   * Runs {@code /registry/<name>.lua}.
   *
   * @param arguments bytes as they are, anything else as text
   * @throws RegistryException.ReplicasUnavailable if Redis does not answer; whether it did what it
   *     was asked is not known
   * @throws RegistryException.SharedStorageFull if it has no memory left
   */
  @SuppressWarnings({"rawtypes", "unchecked"})
  List<byte[]> run(String name, Object... arguments) {
    RedisScript<List> script =
        scripts.computeIfAbsent(
            name, key -> new DefaultRedisScript<>(read("catalog") + read(key), List.class));
    Object[] raw = new Object[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      raw[i] = arguments[i] instanceof byte[] data ? data : bytes(arguments[i].toString());
    }
    RedisSerializer<byte[]> asIs = RedisSerializer.byteArray();
    return asked(
        () ->
            Objects.requireNonNull(
                (List<byte[]>)
                    redis.execute(
                        script, asIs, (RedisSerializer) asIs, List.of(bytes(PREFIX)), raw)));
  }

  /** The first word of a script's answer. */
  String status(String name, Object... arguments) {
    return text(run(name, arguments).get(0));
  }

  /** A field of a version's content; null where it is not there. */
  byte @Nullable [] content(String content, String field) {
    return asked(
        () ->
            redis
                .<byte[], byte[]>opsForHash()
                .get(bytes(PREFIX + "content:" + content), bytes(field)));
  }

  private static <T extends @Nullable Object> T asked(Supplier<T> question) {
    try {
      return question.get();
    } catch (DataAccessException | IllegalStateException e) {
      String cause = String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause());
      if (cause.contains("OOM command not allowed")) {
        throw new RegistryException.SharedStorageFull("Redis has no memory left for models", e);
      }
      throw new RegistryException.ReplicasUnavailable(
          "the catalog of the replicas does not answer", e);
    }
  }

  private static String read(String name) {
    String path = "/registry/" + name + ".lua";
    try (InputStream in =
        Objects.requireNonNull(CatalogScripts.class.getResourceAsStream(path), path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8) + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
