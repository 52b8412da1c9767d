package dev.keepgate.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.script.DefaultRedisScript;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * The scripts of one folder of the class path, each run in one round trip, with bytes in and bytes
 * out. They all begin with the same file, of what they share. Those that only read are scripts too:
 * a setting may send other reads to replicas of Redis, which are behind.
 */
public final class LuaScripts {

  private final String folder;
  private final String beginning;
  private final RedisTemplate<byte[], byte[]> redis = new RedisTemplate<>();

  @SuppressWarnings("rawtypes")
  private final Map<String, RedisScript<List>> scripts = new ConcurrentHashMap<>();

  /**
   * @param folder such as {@code /scripts}
   * @param beginning name of the script that all others begin with
   */
  public LuaScripts(RedisConnectionFactory connections, String folder, String beginning) {
    this.folder = folder;
    this.beginning = read(beginning);
    redis.setConnectionFactory(connections);
    redis.setEnableDefaultSerializer(false);
    redis.setKeySerializer(RedisSerializer.byteArray());
    redis.afterPropertiesSet();
  }

  /**
   * Runs {@code <folder>/<name>.lua}.
   *
   * @param arguments bytes as they are, anything else as text
   * @throws org.springframework.dao.DataAccessException if Redis does not answer, or the script
   *     fails
   */
  @SuppressWarnings({"rawtypes", "unchecked"})
  public List<byte[]> run(String name, List<String> keys, Object... arguments) {
    RedisScript<List> script =
        scripts.computeIfAbsent(
            name, each -> new DefaultRedisScript<>(beginning + read(each), List.class));
    Object[] raw = new Object[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      raw[i] = arguments[i] instanceof byte[] data ? data : bytes(arguments[i].toString());
    }
    RedisSerializer<byte[]> asIs = RedisSerializer.byteArray();
    return Objects.requireNonNull(
        (List<byte[]>)
            redis.execute(
                script,
                asIs,
                (RedisSerializer) asIs,
                keys.stream().map(LuaScripts::bytes).toList(),
                raw));
  }

  private String read(String name) {
    String path = folder + "/" + name + ".lua";
    try (InputStream in =
        Objects.requireNonNull(LuaScripts.class.getResourceAsStream(path), path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8) + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Text as the scripts take it. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Text as the scripts answer it. */
  public static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
