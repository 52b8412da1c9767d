package dev.keepgate.registry.replica.redis;

import static dev.keepgate.redis.LuaScripts.text;

import dev.keepgate.model.ModelId;
import dev.keepgate.redis.LuaScripts;
import dev.keepgate.redis.RedisProperties;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.ReplicaProperties;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.registry.replica.SharedCatalog;
import dev.keepgate.registry.repository.ContentLostException;
import dev.keepgate.registry.repository.Revision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * The catalog in Redis or Valkey, with the models' bytes where the replicas share no folder.
 *
 * <p>Every change writes a random stamp, so whoever compares stamps misses none, even where Redis
 * came back with less than it had. Channels only shorten the wait.
 */
final class RedisCatalog implements SharedCatalog, AutoCloseable {

  /** Content that lies in the replicas' folder. */
  static final String IN_FOLDER = "-";

  private static final Logger log = LoggerFactory.getLogger(RedisCatalog.class);
  private static final String LOST = "?";
  private static final String OK = "OK";

  /** What a label stands for that was taken away. */
  private static final String NO_VERSION = "0";

  private final RedisConnectionFactory connections;
  private final ReplicaProperties properties;
  private final CatalogScripts scripts;
  private final ScheduledExecutorService renewals;
  private @Nullable RedisConnection subscriber;

  RedisCatalog(
      RedisConnectionFactory connections, RedisProperties redis, ReplicaProperties properties) {
    this.connections = connections;
    this.properties = properties;
    this.scripts = new CatalogScripts(connections, redis.keys("models"));
    CustomizableThreadFactory factory = new CustomizableThreadFactory("keepgate-claims-");
    factory.setDaemon(true);
    this.renewals = Executors.newSingleThreadScheduledExecutor(factory);
  }

  @Override
  public boolean carriesContent() {
    return properties.content() == ReplicaProperties.Content.REDIS;
  }

  @Override
  public String stamp() {
    return scripts.status("stamp");
  }

  @Override
  public Snapshot read(Collection<String> revisions) {
    List<byte[]> reply = scripts.run("read", revisions.toArray());
    int end = 2 + 2 * Integer.parseInt(text(reply.get(1)));
    Map<ModelId, Entry> versions = new HashMap<>();
    for (int i = 2; i < end; i += 2) {
      try {
        versions.put(id(text(reply.get(i))), entry(text(reply.get(i + 1))));
      } catch (IllegalArgumentException e) {
        log.warn("The catalog has what no version is: {}", e.getMessage());
      }
    }
    int endOfLabels = end + 1 + 2 * Integer.parseInt(text(reply.get(end)));
    return new Snapshot(
        text(reply.get(0)),
        versions,
        labels(reply.subList(end + 1, endOfLabels)),
        reply.subList(endOfLabels, reply.size()).stream()
            .map(LuaScripts::text)
            .collect(Collectors.toSet()));
  }

  private static Map<String, Map<String, Optional<VersionLabel>>> labels(List<byte[]> reply) {
    Map<String, Map<String, Optional<VersionLabel>>> labels = new HashMap<>();
    for (int i = 0; i < reply.size(); i += 2) {
      String field = text(reply.get(i));
      String text = text(reply.get(i + 1));
      int slash = field.lastIndexOf('/');
      @Nullable VersionLabel target = VersionLabel.parse(text);
      if (slash > 0 && (target != null || text.equals(NO_VERSION))) {
        labels
            .computeIfAbsent(field.substring(0, slash), name -> new HashMap<>())
            .put(field.substring(slash + 1), Optional.ofNullable(target));
      } else {
        log.warn("The catalog has what no label is: {} {}", field, text);
      }
    }
    return labels;
  }

  private static ModelId id(String text) {
    int slash = text.lastIndexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException(text);
    }
    return new ModelId(text.substring(0, slash), Long.parseLong(text.substring(slash + 1)));
  }

  private static Entry entry(String text) {
    String[] words = text.split(" ");
    if (words.length != 4) {
      throw new IllegalArgumentException(text);
    }
    return new Entry(
        new Revision(words[0], words[1]),
        Long.parseLong(words[2]),
        words[3].equals(LOST) ? null : words[3]);
  }

  /** The client subscribes again by itself after its connection broke. */
  @Override
  public synchronized void onChange(Runnable wake) {
    if (subscriber != null) {
      return;
    }
    try {
      subscriber = subscribe(wake);
    } catch (DataAccessException | IllegalStateException e) {
      log.debug("Not told of changes yet", e);
    }
  }

  private RedisConnection subscribe(Runnable wake) {
    RedisConnection connection = connections.getConnection();
    try {
      connection.subscribe((message, pattern) -> wake.run(), scripts.channel());
      return connection;
    } catch (Throwable e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public long highest(String name) {
    return scripts.run("numbers", name).stream()
        .mapToLong(number -> Long.parseLong(text(number)))
        .max()
        .orElse(0);
  }

  @Override
  public @Nullable Claim claim(ModelId id, Revision revision, long bytes) {
    RedisClaim claim = new RedisClaim(scripts, properties, renewals, id, revision, bytes);
    List<byte[]> reply = claim.make();
    return switch (text(reply.get(0))) {
      case OK -> claim;
      case "FULL" ->
          throw new RegistryException.SharedStorageFull(
              "the model's files have %,d bytes; keepgate.replicas.max-bytes is %,d, of which %s are taken"
                  .formatted(bytes, properties.maxBytes().toBytes(), text(reply.get(1))),
              null);
      default -> null;
    };
  }

  @Override
  public boolean label(String name, String label, @Nullable VersionLabel target) {
    String said = target == null ? NO_VERSION : target.text();
    List<byte[]> reply = scripts.run("label", name, label, said, UUID.randomUUID());
    if (text(reply.get(0)).equals("HEAVY")) {
      throw new RegistryException.TooMuchWeight(name, Double.parseDouble(text(reply.get(1))));
    }
    return text(reply.get(0)).equals(OK);
  }

  @Override
  public void offer(Map<String, Map<String, VersionLabel>> labels) {
    List<Object> arguments = new ArrayList<>();
    arguments.add(UUID.randomUUID());
    labels.forEach(
        (name, own) ->
            own.forEach(
                (label, target) -> {
                  arguments.add(name + "/" + label);
                  arguments.add(target.text());
                }));
    var unused = scripts.run("offer", arguments.toArray());
  }

  @Override
  public boolean remove(ModelId id, Revision revision) {
    List<byte[]> reply =
        scripts.run("remove", id, revision.id(), properties.tombstones(), UUID.randomUUID());
    if (text(reply.get(0)).equals("LABELLED")) {
      throw new RegistryException.VersionLabelled(
          id.name(),
          id.version(),
          reply.subList(1, reply.size()).stream().map(LuaScripts::text).toList());
    }
    return text(reply.get(0)).equals(OK);
  }

  @Override
  public void fetch(Entry entry, Path folder) throws IOException {
    if (entry.content() == null) {
      throw new ContentLostException("nobody has the files");
    }
    new ContentReader(scripts, entry.content()).write(entry, folder);
  }

  @Override
  public void reportLost(ModelId id, Entry entry) {
    if (entry.content() != null) {
      String status =
          scripts.status("lost", id, entry.revision().id(), entry.content(), UUID.randomUUID());
      log.warn("The files of model {} in Redis are no good: {}", id, status);
    }
  }

  @Override
  public synchronized void close() {
    renewals.shutdownNow();
    if (subscriber != null) {
      subscriber.close();
    }
  }
}
