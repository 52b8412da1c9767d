package dev.keepgate.registry;

import dev.keepgate.model.ModelId;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions in memory, from the claim of a number to the end of the last handle.
 *
 * <p>What there is stands in one immutable {@link Catalog} behind one reference, so requests find
 * their model without a lock. A version enters the catalog before its load begins, by compare and
 * set: that is what keeps two loads of one version, and two claims of one number, apart.
 */
final class Versions {

  private static final Logger log = LoggerFactory.getLogger(Versions.class);

  private final int limit;
  private final List<ModelListener> listeners;
  private final Clock clock;
  private final AtomicReference<Catalog> catalog = new AtomicReference<>(Catalog.EMPTY);
  private volatile Consumer<ModelHandle> beforeRetirement = handle -> {};
  private volatile boolean closed;

  /**
   * @param limit how many versions there may be
   */
  Versions(int limit, List<ModelListener> listeners, Clock clock) {
    this.limit = limit;
    this.listeners = List.copyOf(listeners);
    this.clock = clock;
  }

  Catalog now() {
    return Objects.requireNonNull(catalog.get());
  }

  boolean isClosed() {
    return closed;
  }

  /** Borrows a model; see {@link ModelRegistry#acquire}. */
  ModelHandle acquire(ModelRequest request) {
    while (true) {
      Version version = find(request);
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

  /**
   * The version that answers a request; where none does, the one that comes nearest to it.
   *
   * @throws RegistryException.NotFound if there is none
   */
  Version find(ModelRequest request) {
    Catalog now = now();
    Version version =
        request instanceof ModelRequest.Specific specific
            ? now.find(specific.id())
            : VersionPolicy.latest(now.versions(request.name()), Version::status);
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
  List<Version> present(String name) {
    return now().versions(name).values().stream().filter(version -> !version.isGone()).toList();
  }

  /** The versions that lie in the repository, as far as they are known from looking there. */
  Map<ModelId, VersionPolicy.Known> known() {
    Map<ModelId, VersionPolicy.Known> known = new LinkedHashMap<>();
    for (Version version : now().all()) {
      boolean isElsewhere = version.isBroken() && version.stamp() == null;
      if (!version.info().builtIn() && !isElsewhere) {
        known.put(version.id(), new VersionPolicy.Known(version.status(), version.stamp()));
      }
    }
    return known;
  }

  /**
   * Puts a version into the catalog, in the place of another, or of none.
   *
   * @return false if another than {@code old} stands there
   * @throws RegistryException.TooManyVersions if there are as many as may be
   */
  boolean claim(@Nullable Version old, Version version) {
    while (true) {
      Catalog now = now();
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
  ModelInfo serve(Version version, ModelLoader.Loaded loaded, long startNanos) {
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
    tell(listener -> listener.loaded(info, took));
    if (closed) {
      close();
    }
    return info;
  }

  private void afterClose(Version version, ModelLoader.Loaded loaded) {
    loaded.memory().close();
    version.ended();
    drop(version);
    log.info("Model {} is unloaded", version.id());
    tell(listener -> listener.unloaded(version.info()));
  }

  /** Keeps a version that could not be loaded, with the reason. */
  void fail(Version version, Throwable cause, long startNanos) {
    end(version, cause, startNanos);
    version.settle();
  }

  /** Keeps nothing of a version that could not be made. */
  void reject(Version version, Throwable cause, long startNanos) {
    end(version, cause, startNanos);
    drop(version);
    version.settle();
  }

  private void end(Version version, Throwable cause, long startNanos) {
    version.failed(RegistryException.describe(cause));
    tell(listener -> listener.rejected(version.id(), cause, since(startNanos)));
  }

  /** Keeps nothing of a version that there is no more. */
  void forget(Version version) {
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
  @Nullable Version settled(ModelId id) {
    while (true) {
      Version version = now().find(id);
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
  void retire(Version version) {
    if (version.status() == ModelStatus.AVAILABLE) {
      lend(version);
      version.retire();
    } else {
      drop(version);
    }
  }

  private void lend(Version version) {
    ModelHandle handle = version.tryAcquire();
    if (handle != null) {
      try (handle) {
        beforeRetirement.accept(handle);
      } catch (RuntimeException e) {
        log.warn("Nobody could hold {} before it went", version.id(), e);
      }
    }
  }

  private void drop(Version version) {
    catalog.updateAndGet(now -> now.without(version));
  }

  /** Takes all versions away that serve, and those that are still loading as soon as they do. */
  void close() {
    closed = true;
    for (Version version : now().all()) {
      if (version.status() == ModelStatus.AVAILABLE && version.claimRemoval()) {
        version.retire();
      }
    }
  }

  private static Duration since(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  private void tell(Consumer<ModelListener> news) {
    for (ModelListener listener : listeners) {
      try {
        news.accept(listener);
      } catch (RuntimeException e) {
        log.warn("{} failed", listener, e);
      }
    }
  }
}
