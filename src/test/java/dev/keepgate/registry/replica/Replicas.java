package dev.keepgate.registry.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryProperties.BuiltIn;
import dev.keepgate.registry.ReplicaListener;
import dev.keepgate.registry.ReplicaProperties.Content;
import dev.keepgate.registry.replica.redis.OpenCatalog;
import dev.keepgate.registry.repository.ModelRepository;
import dev.keepgate.registry.version.FoundVersions;
import dev.keepgate.registry.version.OpenRegistry;
import dev.keepgate.registry.version.Reconciliation;
import dev.keepgate.registry.version.VersionStorage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.util.unit.DataSize;

/** Registries that agree by one Redis, each on a folder of its own, and what is asked of all. */
abstract class Replicas {

  static final DataSize BUDGET = DataSize.ofMegabytes(64);

  @TempDir Path folder;
  final List<Replica> replicas = new ArrayList<>();
  final long seed = Long.getLong("keepgate.seed", new Random().nextLong());

  abstract String host();

  abstract int port();

  /** A registry that shares a catalog. */
  record Replica(
      OpenRegistry registry,
      OpenCatalog catalog,
      Path root,
      Map<ReplicaListener.Event, Integer> events)
      implements AutoCloseable {

    ModelInfo put(String name, long version, byte[] file) throws IOException {
      return registry.put(name, version, file);
    }

    void remove(String name, long version) {
      registry.models.remove(new ModelId(name, version));
    }

    boolean isReady() {
      return registry.models.isReady();
    }

    /** What is here, as {@code a/1 AVAILABLE}. */
    List<String> list() {
      return registry.models.list().stream().map(info -> info.id() + " " + info.status()).toList();
    }

    float[] step(ModelId id) {
      try (ModelHandle handle = registry.models.acquire(new ModelRequest.Specific(id))) {
        return OpenRegistry.step(handle, new ReferenceKernel());
      }
    }

    String digest(ModelId id) {
      try (ModelHandle handle = registry.models.acquire(new ModelRequest.Specific(id))) {
        return handle.digest();
      }
    }

    int events(ReplicaListener.Event event) {
      return events.getOrDefault(event, 0);
    }

    @Override
    public void close() throws IOException {
      registry.close();
      catalog.close();
    }
  }

  @BeforeEach
  void empty() {
    System.out.println(getClass().getSimpleName() + " seed " + seed);
    redis(connection -> connection.serverCommands().flushAll());
  }

  @AfterEach
  void closeReplicas() throws IOException {
    for (Replica replica : replicas) {
      replica.close();
    }
  }

  interface RedisWork {
    void run(RedisConnection connection);
  }

  void redis(RedisWork work) {
    try (OpenCatalog client = OpenCatalog.connect(host(), port(), Content.REDIS);
        RedisConnection connection = client.connections().getConnection()) {
      work.run(connection);
    }
  }

  /** What joins a registry with the others by a catalog. */
  private static final class Shared implements OpenRegistry.Sharing {

    private final SharedCatalog catalog;
    private final ReplicaListener listener;
    private @Nullable ReplicatedStorage storage;

    Shared(SharedCatalog catalog, ReplicaListener listener) {
      this.catalog = catalog;
      this.listener = listener;
    }

    @Override
    public VersionStorage storage(ModelRepository repository) {
      storage = new ReplicatedStorage(repository, catalog);
      return storage;
    }

    @Override
    public Reconciliation reconciliation(FoundVersions found) {
      ReplicatedStorage joined = Objects.requireNonNull(storage);
      return new Reconciler(
          found,
          joined,
          new Replication(found, joined.repository(), catalog, List.of(listener)),
          Duration.ofMillis(100),
          4);
    }
  }

  Replica begin(String name) throws IOException {
    return begin(name, Content.REDIS, BuiltIn.NEVER, BUDGET);
  }

  Replica begin(String name, Content content, BuiltIn builtIn, DataSize budget) throws IOException {
    Path root = folder.resolve(name);
    OpenCatalog catalog = OpenCatalog.connect(host(), port(), content);
    Map<ReplicaListener.Event, Integer> events = new ConcurrentHashMap<>();
    ReplicaListener listener =
        new ReplicaListener() {
          @Override
          public void happened(ModelId id, Event event, long bytes) {
            events.merge(event, 1, Integer::sum);
          }
        };
    OpenRegistry registry =
        OpenRegistry.begin(
            root, new ReferenceKernel(), builtIn, budget, new Shared(catalog.catalog(), listener));
    Replica replica = new Replica(registry, catalog, root, events);
    replicas.add(replica);
    return replica;
  }

  Replica join(String name) throws IOException {
    Replica replica = begin(name);
    Awaitility.await(name + " is ready").until(replica::isReady);
    return replica;
  }

  void leave(Replica replica) throws IOException {
    replicas.remove(replica);
    replica.close();
  }

  static byte[] file(long number) {
    return ModelBytes.pytorch(3, 4, number);
  }

  /** Bytes that take many chunks. */
  static byte[] largeFile(long number) {
    return ModelBytes.pytorch(16, 16, number);
  }

  void awaitEverywhere(String... listed) {
    Awaitility.await()
        .untilAsserted(
            () -> {
              for (Replica replica : replicas) {
                assertThat(replica.list()).as("%s", replica.root()).containsExactly(listed);
              }
            });
  }

  void assertAllStepAlike(ModelId id) {
    float[] first = replicas.get(0).step(id);
    replicas.forEach(replica -> assertThat(replica.step(id)).containsExactly(first));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
