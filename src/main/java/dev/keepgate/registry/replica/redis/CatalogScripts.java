package dev.keepgate.registry.replica.redis;

import static dev.keepgate.redis.LuaScripts.bytes;
import static dev.keepgate.redis.LuaScripts.text;

import dev.keepgate.redis.LuaScripts;
import dev.keepgate.registry.RegistryException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnectionFactory;

/** Runs the catalog's scripts. All keys share one hash tag: in a cluster they lie on one node. */
final class CatalogScripts {

  private final String prefix;
  private final LuaScripts scripts;

  /**
   * @param prefix what all keys and the channel begin with
   */
  CatalogScripts(RedisConnectionFactory connections, String prefix) {
    this.prefix = prefix;
    this.scripts = new LuaScripts(connections, "/registry", "catalog");
  }

  /**
   * Runs {@code /registry/<name>.lua}.
   *
   * @param arguments bytes as they are, anything else as text
   * @throws RegistryException.ReplicasUnavailable if Redis does not answer; whether it did what it
   *     was asked is not known
   * @throws RegistryException.SharedStorageFull if it has no memory left
   */
  List<byte[]> run(String name, Object... arguments) {
    try {
      return scripts.run(name, List.of(prefix), arguments);
    } catch (DataAccessException | IllegalStateException e) {
      String cause = String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause());
      if (cause.contains("OOM command not allowed")) {
        throw new RegistryException.SharedStorageFull("Redis has no memory left for models", e);
      }
      throw new RegistryException.ReplicasUnavailable(
          "the catalog of the replicas does not answer", e);
    }
  }

  /** The first word of a script's answer. */
  String status(String name, Object... arguments) {
    return text(run(name, arguments).get(0));
  }

  /** A field of a version's content; null where it is not there. */
  byte @Nullable [] content(String content, String field) {
    List<byte[]> found = run("content", content, field);
    return found.isEmpty() ? null : found.get(0);
  }

  /** The channel on which changes are told. */
  byte[] channel() {
    return bytes(prefix + "changes");
  }
}
