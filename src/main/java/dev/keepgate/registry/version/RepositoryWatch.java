package dev.keepgate.registry.version;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.RegistryProperties;
import dev.keepgate.registry.RegistryProperties.BuiltIn;
import dev.keepgate.registry.repository.BuiltInModels;
import dev.keepgate.registry.repository.ModelRepository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Loads what lies in the repository when the server starts, without making the server wait, and
 * looks again from time to time where it was told to.
 */
final class RepositoryWatch implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(RepositoryWatch.class);

  private final ModelRegistry registry;
  private final ModelRepository repository;
  private final FoundVersions found;
  private final RegistryProperties.Repository properties;
  private final @Nullable Reconciliation reconciliation;
  private CompletableFuture<Void> startUp = CompletableFuture.completedFuture(null);
  private Map<ModelId, String> seen = Map.of();
  private @Nullable ScheduledExecutorService poller;
  private volatile boolean running;

  /**
   * @param reconciliation takes over once what is here is loaded; null where there are no replicas
   */
  RepositoryWatch(
      RepositoryModelRegistry registry,
      ModelRepository repository,
      RegistryProperties.Repository properties,
      @Nullable Reconciliation reconciliation) {
    this.registry = registry;
    this.repository = repository;
    this.found = registry.found();
    this.properties = properties;
    this.reconciliation = reconciliation;
  }

  @Override
  public synchronized void start() {
    running = true;
    try {
      seen = repository.scan();
      found.readLabels();
    } catch (IOException e) {
      throw new UncheckedIOException("the repository cannot be read", e);
    }
    List<ModelVersion> claimed = claim(seen.keySet(), false);
    claimed.addAll(claim(builtIn(seen), true));
    log.info("Loading {} model versions from {}", claimed.size(), repository.root());
    startUp = load(claimed).thenRun(this::afterStartUp);
  }

  private void afterStartUp() {
    if (reconciliation == null) {
      found.ready();
    }
    synchronized (this) {
      if (running && reconciliation != null) {
        reconciliation.start();
      }
      Duration interval = properties.pollInterval();
      if (running && interval != null) {
        CustomizableThreadFactory factory = new CustomizableThreadFactory("keepgate-poll-");
        factory.setDaemon(true);
        poller = Executors.newSingleThreadScheduledExecutor(factory);
        var unused =
            poller.scheduleWithFixedDelay(
                this::pollSafely, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
      }
    }
  }

  /** Is done when the models that were there at the start are. */
  synchronized CompletableFuture<Void> startUp() {
    return startUp;
  }

  /** The models that come with the server and are to be served beside what was found. */
  private List<ModelId> builtIn(Map<ModelId, String> found) {
    boolean isAlone = reconciliation == null && properties.singleModel() == null;
    if (properties.builtIn() == BuiltIn.NEVER
        || (properties.builtIn() == BuiltIn.AUTO && !isAlone)) {
      return List.of();
    }
    if (reconciliation != null) {
      // What a repository held when its replica started must not tell one from the other.
      return BuiltInModels.IDS.stream().filter(id -> !found.containsKey(id)).toList();
    }
    Path root = repository.root();
    var names = found.keySet().stream().map(ModelId::name).collect(Collectors.toSet());
    return BuiltInModels.IDS.stream()
        .filter(id -> !names.contains(id.name()))
        .filter(id -> properties.builtIn() == BuiltIn.ALWAYS || !BuiltInModels.isRemoved(root, id))
        .toList();
  }

  private List<ModelVersion> claim(Iterable<ModelId> ids, boolean builtIn) {
    List<ModelVersion> claimed = new ArrayList<>();
    try {
      for (ModelId id : ids) {
        ModelVersion version = found.claim(id, builtIn, seen.get(id));
        if (version != null) {
          claimed.add(version);
        }
      }
    } catch (RegistryException.TooManyVersions e) {
      log.warn("Some versions are not loaded: {}", e.getMessage());
    }
    return claimed;
  }

  private CompletableFuture<Void> load(List<ModelVersion> versions) {
    AtomicInteger done = new AtomicInteger();
    return found.load(
        versions,
        properties.loadParallelism(),
        () -> logProgress(done.incrementAndGet(), versions.size()));
  }

  /** About ten times, however many there are. */
  private void logProgress(int done, int all) {
    if (done == all || done * 10L / all > (done - 1) * 10L / all) {
      log.info(
          "Loaded {} of {} model versions; {} of {} bytes used",
          done,
          all,
          registry.memoryUsed(),
          registry.memoryBudget());
    }
  }

  private void pollSafely() {
    try {
      poll();
    } catch (IOException e) {
      log.warn("The repository cannot be looked at; the models stay as they are: {}", e.toString());
    } catch (Throwable e) {
      log.warn("The repository could not be looked at; the models stay as they are", e);
    }
  }

  /** Looks for versions that came or went, and returns when they are loaded or unloaded. */
  void poll() throws IOException {
    // First what is known, then what there is: a version that serves is on the disk already.
    Map<ModelId, VersionPolicy.Known> known = found.known();
    Map<ModelId, String> now = repository.scan();
    VersionPolicy.Plan plan = VersionPolicy.plan(known, seen, now);
    seen = now;
    plan.unload().forEach(found::unloadGone);
    load(claim(plan.load(), false)).join();
    found.readLabels();
  }

  @Override
  public synchronized void stop() {
    running = false;
    if (poller != null) {
      poller.shutdownNow();
    }
    if (reconciliation != null) {
      reconciliation.close();
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Before the web server, so that what is loading is known when the first request comes. */
  @Override
  public int getPhase() {
    return 0;
  }
}
