package dev.keepgate.registry.replica;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.ReplicaListener.Event;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.registry.replica.ReplicaPlan.Copy;
import dev.keepgate.registry.replica.SharedCatalog.Entry;
import dev.keepgate.registry.replica.SharedCatalog.Snapshot;
import dev.keepgate.registry.repository.Revision;
import dev.keepgate.registry.version.FoundVersions;
import dev.keepgate.registry.version.ModelVersion;
import dev.keepgate.registry.version.Reconciliation;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Keeps a replica in step with the others: compares what it has with what all agree on, whenever
 * something changed and from time to time besides, and does what follows. What fails is tried
 * again, ever more rarely; a lost message costs no more than one interval.
 *
 * <p>The replica is ready when it has all that there was when it came. Where the catalog cannot be
 * asked, one that has models is ready with those: it would serve them too if the catalog had gone a
 * moment later. One that has none waits.
 */
final class Reconciler implements Reconciliation {

  private static final Logger log = LoggerFactory.getLogger(Reconciler.class);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final FoundVersions found;
  private final ReplicatedStorage storage;
  private final Replication replication;
  private final SharedCatalog catalog;
  private final Duration interval;
  private final int parallelism;
  private final Semaphore wakeUps = new Semaphore(0);
  private final AtomicInteger arriving = new AtomicInteger();
  private final AtomicBoolean announcing = new AtomicBoolean();
  private final Map<ModelId, Retry> retries = new ConcurrentHashMap<>();
  private final ExecutorService threads;
  private @Nullable Snapshot seen;
  private long labelChanges;
  private boolean away;
  private volatile boolean running;

  /**
   * @param parallelism versions that are fetched at once
   */
  Reconciler(
      FoundVersions found,
      ReplicatedStorage storage,
      Replication replication,
      Duration interval,
      int parallelism) {
    this.found = found;
    this.storage = storage;
    this.replication = replication;
    this.catalog = replication.catalog();
    this.interval = interval;
    this.parallelism = parallelism;
    CustomizableThreadFactory factory = new CustomizableThreadFactory("keepgate-replica-");
    factory.setDaemon(true);
    this.threads = Executors.newCachedThreadPool(factory);
  }

  /** When what failed is tried again. */
  private record Retry(Duration pause, long dueNanos) {

    static Retry after(@Nullable Retry last, Duration first) {
      Duration pause = last == null ? first : last.pause().multipliedBy(2);
      Duration bounded = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
      return new Retry(bounded, System.nanoTime() + bounded.toNanos());
    }

    boolean isDue() {
      return System.nanoTime() - dueNanos >= 0;
    }
  }

  @Override
  public void start() {
    running = true;
    threads.execute(this::run);
  }

  private void run() {
    while (running) {
      look();
      try {
        if (wakeUps.tryAcquire(interval.toNanos(), TimeUnit.NANOSECONDS)) {
          wakeUps.drainPermits();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void look() {
    try {
      catalog.onChange(wakeUps::release);
      storage.withdrawUnpublished();
      boolean isComplete = reconcile();
      adoptLabels();
      if (isComplete) {
        found.ready();
      }
      if (away) {
        log.info("The catalog of the replicas answers again");
        away = false;
      }
      replication.tellReconciled(true);
    } catch (RegistryException.ReplicasUnavailable e) {
      if (!away) {
        log.warn("Serving what is here: {} ({})", e.getMessage(), e.getCause());
        away = true;
      }
      if (hasModels()) {
        found.ready();
      }
      replication.tellReconciled(false);
    } catch (Throwable e) {
      // Whatever it was, the next look may succeed.
      if (running) {
        log.error("This replica could not be compared with the others", e);
        replication.tellReconciled(false);
      }
    }
  }

  /** After the versions, so that a label finds its own. */
  private void adoptLabels() {
    if (seen == null) {
      return;
    }
    try {
      Map<String, Map<String, VersionLabel>> unknown =
          found.adoptLabels(seen.labels(), labelChanges);
      if (unknown == null) {
        seen = null;
        wakeUps.release();
      } else if (!unknown.isEmpty()) {
        catalog.offer(unknown);
      }
    } catch (IOException e) {
      log.warn("The labels that all agree on could not be stored: {}", e.toString());
    }
  }

  private boolean hasModels() {
    return found.present().stream()
        .anyMatch(
            version -> version.status() == ModelStatus.AVAILABLE && !version.info().builtIn());
  }

  /** Looks once; whether all that there is was fetched, or at least tried. */
  private boolean reconcile() {
    if (seen != null && seen.stamp().equals(catalog.stamp())) {
      ReplicaPlan plan = plan(here().values(), seen);
      if (plan.isEmpty()) {
        return plan.unsettled().isEmpty();
      }
    }
    // First what is here, then what there is: what was published is here already.
    Map<ModelId, ModelVersion> here = here();
    labelChanges = found.labelChanges();
    Snapshot now =
        catalog.read(
            here.values().stream()
                .map(ModelVersion::revision)
                .filter(Objects::nonNull)
                .map(Revision::id)
                .toList());
    seen = now;
    ReplicaPlan plan = plan(here.values(), now);
    retries.keySet().retainAll(plan.all());
    plan.drop().forEach(id -> tryTo("drop", id, () -> replication.drop(version(here, id))));
    plan.displace()
        .forEach(id -> tryTo("displace", id, () -> replication.displace(version(here, id))));
    plan.adopt()
        .forEach(
            id -> tryTo("adopt", id, () -> replication.adopt(version(here, id), entry(now, id))));
    boolean allTried = fetch(plan.fetch(), now);
    announce(plan.announce().stream().map(id -> version(here, id)).toList());
    return allTried && plan.unsettled().isEmpty();
  }

  private ReplicaPlan plan(Collection<ModelVersion> here, Snapshot catalog) {
    ReplicaPlan plan = ReplicaPlan.of(here.stream().map(Copy::of).toList(), catalog);
    // What was unloaded on demand is on the disk, and waits for another demand.
    plan.fetch().removeAll(found.unloaded());
    return plan;
  }

  private Map<ModelId, ModelVersion> here() {
    Map<ModelId, ModelVersion> here = new LinkedHashMap<>();
    found.present().forEach(version -> here.put(version.id(), version));
    return here;
  }

  private static ModelVersion version(Map<ModelId, ModelVersion> here, ModelId id) {
    return Objects.requireNonNull(here.get(id));
  }

  private static Entry entry(Snapshot snapshot, ModelId id) {
    return Objects.requireNonNull(snapshot.versions().get(id));
  }

  /** Does something for a version now, unless it has failed lately. */
  private void tryTo(String what, ModelId id, FoundVersions.FileWork work) {
    Retry last = retries.get(id);
    if (!running || (last != null && !last.isDue())) {
      return;
    }
    try {
      retries.remove(id);
      work.run();
    } catch (RegistryException.ReplicasUnavailable e) {
      log.debug("Could not {} {}", what, id, e);
    } catch (IOException | RuntimeException e) {
      retries.put(id, Retry.after(last, interval));
      log.warn("Could not {} model {}: {}", what, id, e.toString());
    }
  }

  /** Begins to fetch as many as may be fetched at once; whether each was tried before. */
  private boolean fetch(List<ModelId> ids, Snapshot now) {
    boolean allTried = true;
    for (ModelId id : ids) {
      Retry last = retries.get(id);
      allTried &= last != null;
      if (running && (last == null || last.isDue()) && arriving.get() < parallelism) {
        fetch(id, entry(now, id), last);
      }
    }
    return allTried;
  }

  private void fetch(ModelId id, Entry entry, @Nullable Retry last) {
    CompletableFuture<Void> loaded = null;
    try {
      loaded = replication.fetch(id, entry, failure -> fetched(id, last, failure));
    } catch (RegistryException.TooManyVersions e) {
      log.warn("Model {} is not fetched: {}", id, e.getMessage());
      retries.put(id, Retry.after(last, interval));
    }
    if (loaded != null) {
      arriving.incrementAndGet();
      var unused =
          loaded.whenComplete(
              (done, failure) -> {
                arriving.decrementAndGet();
                wakeUps.release();
              });
    }
  }

  private void fetched(ModelId id, @Nullable Retry last, @Nullable Throwable failure) {
    if (failure == null) {
      retries.remove(id);
    } else {
      replication.tell(id, Event.FETCH_FAILED, 0);
      if (!(failure instanceof RegistryException.ReplicasUnavailable)) {
        retries.put(id, Retry.after(last, interval));
      }
    }
  }

  /** Announces one after the other, beside all else: there may be much to store. */
  private void announce(List<ModelVersion> versions) {
    if (versions.isEmpty() || !announcing.compareAndSet(false, true)) {
      return;
    }
    threads.execute(
        () -> {
          try {
            for (ModelVersion version : versions) {
              tryTo("announce", version.id(), () -> announce(version));
            }
          } finally {
            announcing.set(false);
          }
        });
  }

  private void announce(ModelVersion version) throws IOException {
    if (!version.isGone() && !replication.announce(version)) {
      // Another is at it, or has taken its number: the next look but one will tell.
      retries.put(version.id(), Retry.after(null, interval));
    }
  }

  @Override
  public void close() {
    running = false;
    threads.shutdownNow();
  }
}
