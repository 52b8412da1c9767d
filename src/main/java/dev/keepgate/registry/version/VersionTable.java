package dev.keepgate.registry.version;

import dev.keepgate.importer.ImportException;
import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelDescription;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelListener;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.Shadow;
import dev.keepgate.registry.repository.ContentLostException;
import dev.keepgate.registry.repository.DiskFaults;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions in memory, from the claim of a number to the end of the last handle.
 *
 * <p>What there is stands in one immutable {@link VersionMap} behind one reference, so requests
 * find their model without a lock. A version enters the catalog before its load begins, by compare
 * and set: that is what keeps two loads of one version, and two claims of one number, apart.
 */
final class VersionTable {

  private static final Logger log = LoggerFactory.getLogger(VersionTable.class);

  private final int limit;
  private final VersionLabels labels;
  private final Listeners<ModelListener> listeners;
  private final Clock clock;
  private final AtomicReference<VersionMap> catalog = new AtomicReference<>(VersionMap.EMPTY);
  private volatile Consumer<ModelHandle> beforeRetirement = handle -> {};

  /** Taken out of the memory on demand, and to be loaded only on demand. */
  private final Set<ModelId> unloaded = ConcurrentHashMap.newKeySet();

  private volatile boolean ready;
  private volatile boolean closed;

  /**
   * @param limit how many versions there may be
   * @param labels that requests ask for
   */
  VersionTable(int limit, VersionLabels labels, List<ModelListener> listeners, Clock clock) {
    this.limit = limit;
    this.labels = labels;
    this.listeners = new Listeners<>(listeners);
    this.clock = clock;
  }

  VersionMap now() {
    return Objects.requireNonNull(catalog.get());
  }

  /** Whether all versions that were there at the start are loaded, or have failed to. */
  boolean isReady() {
    return ready && !closed;
  }

  void ready() {
    ready = true;
  }

  /** The versions that were unloaded on demand and are to be loaded only so; to be changed. */
  Set<ModelId> unloaded() {
    return unloaded;
  }

  /** Borrows a model; see {@link ModelRegistry#acquire}. */
  ModelHandle acquire(ModelRequest request) {
    ModelLabels.Share share = labels.share(request);
    ModelHandle weighted = share == null ? null : weighted(request.name(), share);
    if (weighted != null) {
      return weighted;
    }
    while (true) {
      ModelVersion version = find(request);
      ModelHandle handle = version.tryAcquire();
      if (handle != null) {
        return handle;
      }
      ModelInfo info = version.info();
      if (version.isGone()) {
        if (find(request) == version) {
          throw notFound(request);
        }
      } else if (info.status() != ModelStatus.AVAILABLE) {
        throw new RegistryException.NotAvailable(info.id(), info.status(), info.error());
      }
      // It came or went between two looks; the next sees what there is instead.
    }
  }

  /** Borrows the version of a label for a request of its share; null where it does not serve. */
  private @Nullable ModelHandle weighted(String name, ModelLabels.Share share) {
    ModelVersion version = now().versions(name).get(share.version());
    ModelHandle handle = version == null ? null : version.tryAcquire();
    if (handle == null) {
      listeners.tell(listener -> listener.passedOver(name, share.label()));
    }
    return handle;
  }

  /**
   * The version that answers a request; where none does, the one that comes nearest to it.
   *
   * @throws RegistryException.NotFound if there is none
   */
  ModelVersion find(ModelRequest request) {
    VersionMap now = now();
    if (request instanceof ModelRequest.Specific specific) {
      return required(now.find(specific.id()), request);
    }
    NavigableMap<Long, ModelVersion> versions = now.versions(request.name());
    if (versions.isEmpty()) {
      throw notFound(request);
    }
    Long labelled = labels.version(request);
    if (labelled == null) {
      return required(VersionPolicy.latest(versions, ModelVersion::status), request);
    }
    ModelVersion version = versions.get(labelled);
    if (version == null) {
      if (now() != now) {
        // It was put after the look at the versions, and labelled before the look at the labels.
        return find(request);
      }
      // Not the latest in its place: that is not what was asked for.
      throw notFound(ModelRequest.specific(request.name(), labelled));
    }
    return version;
  }

  /** See {@link ModelRegistry#shadows}. */
  List<Shadow> shadows(ModelId served) {
    List<Shadow> shadows = labels.shadows(served.name());
    if (shadows.isEmpty()) {
      return shadows;
    }
    Long stable = labels.find(served.name(), ModelRequest.STABLE);
    ModelVersion latest = VersionPolicy.latest(now().versions(served.name()), ModelVersion::status);
    boolean isDefault =
        stable == null ? latest != null && latest.id().equals(served) : stable == served.version();
    return isDefault ? shadows : List.of();
  }

  private ModelVersion required(@Nullable ModelVersion version, ModelRequest request) {
    if (version == null) {
      throw notFound(request);
    }
    return version;
  }

  RegistryException.NotFound notFound(ModelRequest request) {
    OptionalLong version =
        request instanceof ModelRequest.Specific specific
            ? OptionalLong.of(specific.id().version())
            : OptionalLong.empty();
    List<Long> present =
        present(request.name()).stream().map(other -> other.id().version()).toList();
    return new RegistryException.NotFound(request.name(), version, present);
  }

  /** A name's versions that were not taken away. */
  List<ModelVersion> present(String name) {
    return now().versions(name).values().stream().filter(version -> !version.isGone()).toList();
  }

  /** All versions that were not taken away. */
  List<ModelVersion> present() {
    return now().all().stream().filter(version -> !version.isGone()).toList();
  }

  /** The versions that lie in the repository, as far as they are known from looking there. */
  Map<ModelId, VersionPolicy.Known> known() {
    Map<ModelId, VersionPolicy.Known> known = new LinkedHashMap<>();
    for (ModelVersion version : now().all()) {
      boolean isElsewhere = version.isBroken() && version.stamp() == null;
      if (!version.info().builtIn() && !isElsewhere) {
        known.put(version.id(), new VersionPolicy.Known(version.status(), version.stamp()));
      }
    }
    unloaded.forEach(id -> known.putIfAbsent(id, new VersionPolicy.Known(ModelStatus.END, null)));
    return known;
  }

  /**
   * Puts a version into the catalog, in the place of another, or of none.
   *
   * @return false if another than {@code old} stands there
   * @throws RegistryException.TooManyVersions if there are as many as may be
   */
  boolean claim(@Nullable ModelVersion old, ModelVersion version) {
    while (true) {
      VersionMap now = now();
      if (now.find(version.id()) != old) {
        return false;
      }
      if (old == null && now.size() >= limit) {
        throw new RegistryException.TooManyVersions(limit);
      }
      if (catalog.compareAndSet(now, now.with(version))) {
        return true;
      }
    }
  }

  /**
   * Hands a loaded model out from now on, and frees it when it is retired and its last handle
   * closed.
   */
  ModelInfo serve(ModelVersion version, ModelLoader.Loaded loaded, long startNanos) {
    ModelDescription description = loaded.description();
    LoadedModel model =
        new LoadedModel(loaded.model(), loaded.digest(), () -> afterClose(version, loaded));
    version.available(model, description, clock.instant());
    version.settle();
    ModelInfo info = version.info();
    Duration took = since(startNanos);
    log.info(
        "Model {} is available: {}, {} parameters, {} bytes, after {} ms",
        info.id(),
        description.framework(),
        description.parameters(),
        description.bytes(),
        took.toMillis());
    listeners.tell(listener -> listener.loaded(info, model.statistics(), took));
    if (closed) {
      close();
    }
    return info;
  }

  private void afterClose(ModelVersion version, ModelLoader.Loaded loaded) {
    loaded.memory().close();
    version.ended();
    drop(version);
    log.info("Model {} is unloaded", version.id());
    listeners.tell(listener -> listener.unloaded(version.info()));
  }

  /** Keeps a version that could not be loaded, with the reason. */
  void fail(ModelVersion version, Throwable cause, long startNanos) {
    end(version, cause, startNanos);
    version.settle();
  }

  /** Keeps nothing of a version that could not be made. */
  void reject(ModelVersion version, Throwable cause, long startNanos) {
    end(version, cause, startNanos);
    drop(version);
    version.settle();
  }

  private void end(ModelVersion version, Throwable cause, long startNanos) {
    version.failed(describe(cause));
    listeners.tell(listener -> listener.rejected(version.id(), cause, since(startNanos)));
  }

  /** What clients are told of a fault: its own words only where they were meant for them. */
  static String describe(Throwable cause) {
    if (cause instanceof ImportException
        || cause instanceof RegistryException
        || cause instanceof ContentLostException) {
      return String.valueOf(cause.getMessage());
    } else if (cause instanceof IOException failure) {
      return "its files could not be read: " + DiskFaults.of(failure).remedy();
    } else if (cause instanceof OutOfMemoryError) {
      return "no memory was left while it was loaded";
    }
    return "the server failed while it loaded the model; its log says how";
  }

  /** Keeps nothing of a version that there is no more. */
  void forget(ModelVersion version) {
    version.failed("it has gone");
    drop(version);
    version.settle();
  }

  /**
   * Looks for the version that has a number, and waits for it where it is still loading.
   *
   * @return null where none has it
   * @throws RegistryException.NotAvailable if the wait was interrupted
   */
  @Nullable ModelVersion settled(ModelId id) {
    while (true) {
      ModelVersion version = now().find(id);
      if (version == null || version.isGone()) {
        return null;
      }
      try {
        version.awaitSettled();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RegistryException.NotAvailable(id, version.status(), null);
      }
      if (now().find(id) == version && !version.isGone()) {
        return version;
      }
    }
  }

  /** See {@link ModelRegistry#beforeRetirement}. */
  void beforeRetirement(Consumer<ModelHandle> borrower) {
    beforeRetirement = borrower;
  }

  /** Takes a version away, whose removal the caller has claimed. */
  void retire(ModelVersion version) {
    if (version.status() == ModelStatus.AVAILABLE) {
      lend(version);
      version.retire();
    } else {
      drop(version);
    }
  }

  private void lend(ModelVersion version) {
    ModelHandle handle = version.tryAcquire();
    if (handle != null) {
      try (handle) {
        beforeRetirement.accept(handle);
      } catch (RuntimeException e) {
        log.warn("Nobody could hold {} before it went", version.id(), e);
      }
    }
  }

  private void drop(ModelVersion version) {
    catalog.updateAndGet(now -> now.without(version));
  }

  /** Takes all versions away that serve, and those that are still loading as soon as they do. */
  void close() {
    closed = true;
    for (ModelVersion version : now().all()) {
      if (version.status() == ModelStatus.AVAILABLE && version.claimRemoval()) {
        version.retire();
      }
    }
  }

  private static Duration since(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }
}
