package dev.keepgate.registry;

import dev.keepgate.importer.Importers;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.model.ModelId;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All models of this server. For any number of threads.
 *
 * <p>A version is claimed in memory before anything else, so that two that bring the same one do
 * not both load it; it enters the disk before it serves, and leaves the disk before it ceases to.
 */
public final class ModelRegistry implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ModelRegistry.class);

  private final ModelRepository repository;
  private final MemoryBudget budget;
  private final Versions versions;
  private final VersionStorage storage;
  private final FoundVersions found;
  private final UploadedVersions uploaded;
  private final LoadThreads threads = new LoadThreads();
  private final int loadParallelism;

  /** Taken out of the memory on demand, and to be loaded only on demand. */
  private final Set<ModelId> unloaded = ConcurrentHashMap.newKeySet();

  private volatile boolean ready;

  /**
   * @param catalog what this server's replicas agree on; null where it has none
   * @throws IOException if the repository's folder cannot be opened
   */
  public ModelRegistry(
      RegistryProperties properties,
      LstmKernel kernel,
      Importers importers,
      List<ModelListener> listeners,
      @Nullable SharedCatalog catalog,
      Clock clock)
      throws IOException {
    this.repository =
        ModelRepository.open(
            properties.repository().path(),
            properties.repository().singleModel(),
            properties.repository().minFree().toBytes());
    this.loadParallelism = properties.repository().loadParallelism();
    this.budget = new MemoryBudget(properties.memoryBudgetBytes());
    ModelLoader loader =
        new ModelLoader(
            importers,
            properties.importLimits().toImportLimits(),
            kernel,
            budget,
            new ImportMemory(properties.importMemoryBytes()));
    this.versions = new Versions(properties.repository().maxVersions(), listeners, clock);
    this.storage = new VersionStorage(repository, catalog);
    this.found = new FoundVersions(repository, storage, loader, versions, threads);
    this.uploaded = new UploadedVersions(repository, storage, loader, versions, threads);
  }

  /** Whether all models that were there at the start are loaded, or have failed to. */
  public boolean isReady() {
    return ready && !versions.isClosed();
  }

  /** What is the matter with the repository's disk; null where models can be stored. */
  public @Nullable StorageFault storageFault() {
    return repository.fault();
  }

  /** Bytes that loaded models hold, and those that are being loaded will. */
  public long memoryUsed() {
    return budget.used();
  }

  /** Bytes that models may hold together. */
  public long memoryBudget() {
    return budget.total();
  }

  /**
   * Borrows a model. Takes no lock.
   *
   * @throws RegistryException.NotFound if there is no such model or version
   * @throws RegistryException.NotAvailable if there is, but it is still loading, or broken
   */
  public ModelHandle acquire(ModelRequest request) {
    return versions.acquire(request);
  }

  /**
   * Says who is lent each version right before it is taken away, by whomever, and may share its
   * handle: whoever still needs it. Not where the server ends.
   */
  public void beforeRetirement(Consumer<ModelHandle> borrower) {
    versions.beforeRetirement(borrower);
  }

  /** Every version, by name and number. */
  public List<ModelInfo> list() {
    return versions.now().all().stream().map(Version::info).toList();
  }

  /**
   * The first versions by name and number that come after one, which need not exist.
   *
   * @param after null for the first of all
   * @param limit how many at most
   */
  public List<ModelInfo> list(@Nullable ModelId after, int limit) {
    return versions.now().after(after).limit(limit).map(Version::info).toList();
  }

  /**
   * The version that answers a request; where none does, the one that comes nearest to it.
   *
   * @throws RegistryException.NotFound if there is no such model or version
   */
  public ModelInfo find(ModelRequest request) {
    return versions.find(request).info();
  }

  /** As {@link #newUpload(long)}, where it is not known how much will come. */
  public Upload newUpload() {
    return newUpload(0);
  }

  /**
   * A folder for the files of a model to come, on the repository's disk.
   *
   * @param bytes that will come; 0 where that is not known
   * @throws RegistryException.StorageFailure if the disk refuses, or has no room for so many
   */
  public Upload newUpload(long bytes) {
    try {
      return repository.newUpload(bytes);
    } catch (IOException e) {
      throw failure("could not make room for an upload", e);
    }
  }

  private RegistryException.StorageFailure failure(String doing, IOException e) {
    return StorageFault.failure(doing, e, repository.root());
  }

  /**
   * Reads and checks the uploaded files, and keeps nothing.
   *
   * @throws RegistryException.Rejected if they are not a model that can be served
   * @throws RegistryException.NoMemory if it would not fit
   * @throws RegistryException.StorageFailure if the disk fails
   */
  public ModelDescription inspect(Upload upload) {
    return uploaded.inspect(upload);
  }

  /**
   * A version that serves what was put.
   *
   * @param created whether it was made now; else the same was put before
   */
  public record Stored(ModelInfo info, boolean created) {}

  /**
   * Makes a version of the uploaded files: it is read, checked, compiled and warmed up, then made
   * durable, then serves. Where a version serves that was made of the same files and configuration,
   * there is nothing to do: a put that is tried again is harmless.
   *
   * @param version its number; where it is empty, one more than the highest there is
   * @return the version, AVAILABLE
   * @throws IllegalArgumentException if this is no name or version that a model can have
   * @throws RegistryException if nothing came of it: any but NotFound; NotAvailable only where
   *     another replica has stored the same, and this one has not yet
   */
  public Stored put(String name, OptionalLong version, Upload upload) {
    return uploaded.put(name, version, upload);
  }

  /**
   * Takes a version away, from the disk and from new requests; who holds a handle finishes. Of one
   * that is built in, the disk keeps that it was removed.
   *
   * @throws RegistryException.NotFound if there is none
   * @throws RegistryException.NotAvailable if it is still loading
   * @throws RegistryException.StorageFailure if the disk refuses; it then serves on
   * @throws RegistryException.ReplicasUnavailable if the other replicas cannot be told; likewise
   */
  public void remove(ModelId id) {
    Version version = versions.now().find(id);
    if (version == null || version.isGone()) {
      removeUnloaded(id);
      return;
    }
    requireLoaded(version);
    if (!version.claimRemoval()) {
      throw versions.notFound(new ModelRequest.Specific(id));
    }
    try {
      storage.remove(version);
    } catch (IOException e) {
      version.unclaimRemoval();
      throw failure("could not remove model " + id, e);
    } catch (RuntimeException e) {
      version.unclaimRemoval();
      throw e;
    }
    versions.retire(version);
  }

  private void removeUnloaded(ModelId id) {
    if (!unloaded.remove(id)) {
      throw versions.notFound(new ModelRequest.Specific(id));
    }
    try {
      repository.requirePresent();
      if (!repository.exists(id) && !BuiltInModels.IDS.contains(id)) {
        throw versions.notFound(new ModelRequest.Specific(id));
      }
      repository.requireOwn(id.name());
      storage.remove(id, repository.revision(id));
    } catch (RegistryException.NotFound e) {
      throw e;
    } catch (IOException e) {
      unloaded.add(id);
      throw failure("could not remove model " + id, e);
    } catch (RuntimeException e) {
      unloaded.add(id);
      throw e;
    }
  }

  /** Takes all versions of a name away; throws what {@link #remove(ModelId)} throws. */
  public void remove(String name) {
    List<Version> present = versions.present(name);
    List<ModelId> absent = unloaded().stream().filter(id -> id.name().equals(name)).toList();
    if (present.isEmpty() && absent.isEmpty()) {
      throw versions.notFound(ModelRequest.latest(name));
    }
    present.forEach(ModelRegistry::requireLoaded);
    absent.forEach(this::removeUnloaded);
    for (Version version : present) {
      try {
        remove(version.id());
      } catch (RegistryException.NotFound e) {
        log.debug("{} was removed by another", version.id());
      }
    }
  }

  /** The versions that were unloaded on demand, by name and number. */
  public List<ModelId> unloaded() {
    return unloaded.stream().sorted().toList();
  }

  /**
   * Loads what there is of a name and is not loaded, and returns when that serves. What serves
   * already is not read again.
   *
   * @throws RegistryException.NotFound if there is nothing
   * @throws RegistryException.NotAvailable if a version could not be loaded
   * @throws RegistryException.StorageFailure if the repository cannot be read
   */
  public void load(String name) {
    List<Version> claimed = new ArrayList<>();
    stamps(name).forEach((id, stamp) -> claimInto(claimed, found.claim(id, stamp == null, stamp)));
    found.load(claimed, loadParallelism, () -> {}).join();
    if (versions.present(name).isEmpty()) {
      throw versions.notFound(ModelRequest.latest(name));
    }
    for (Version version : claimed) {
      ModelInfo info = version.info();
      if (version.isBroken()) {
        throw new RegistryException.NotAvailable(info.id(), info.status(), info.error());
      }
    }
  }

  private void claimInto(List<Version> claimed, @Nullable Version version) {
    if (version != null) {
      unloaded.remove(version.id());
      claimed.add(version);
    }
  }

  /** The versions of a name that can be loaded; those that are built in have no stamp. */
  private Map<ModelId, @Nullable String> stamps(String name) {
    Map<ModelId, @Nullable String> stamps = new TreeMap<>();
    try {
      stamps.putAll(repository.scan(name));
    } catch (IOException e) {
      throw failure("could not read the repository", e);
    }
    if (stamps.isEmpty()) {
      BuiltInModels.IDS.stream()
          .filter(id -> id.name().equals(name) && unloaded.contains(id))
          .forEach(id -> stamps.put(id, null));
    }
    return stamps;
  }

  /**
   * Takes all versions of a name out of the memory, and leaves them on the disk; who holds a handle
   * finishes. They come back by {@link #load(String)}, or when the server starts again.
   *
   * @throws RegistryException.NotFound if none is loaded
   * @throws RegistryException.NotAvailable if one is still loading
   */
  public void unload(String name) {
    List<Version> present = versions.present(name);
    if (present.isEmpty()) {
      throw versions.notFound(ModelRequest.latest(name));
    }
    present.forEach(ModelRegistry::requireLoaded);
    for (Version version : present) {
      if (version.claimRemoval()) {
        unloaded.add(version.id());
        versions.retire(version);
      }
    }
  }

  private static void requireLoaded(Version version) {
    ModelStatus status = version.status();
    if (status == ModelStatus.START || status == ModelStatus.LOADING) {
      throw new RegistryException.NotAvailable(version.id(), status, null);
    }
  }

  // What follows is for whoever looks into the repository, at the start and later.

  ModelRepository repository() {
    return repository;
  }

  VersionStorage storage() {
    return storage;
  }

  FoundVersions found() {
    return found;
  }

  Map<ModelId, VersionPolicy.Known> known() {
    Map<ModelId, VersionPolicy.Known> known = versions.known();
    unloaded.forEach(id -> known.putIfAbsent(id, new VersionPolicy.Known(ModelStatus.END, null)));
    return known;
  }

  /** All versions that were not taken away. */
  List<Version> present() {
    return versions.now().all().stream().filter(version -> !version.isGone()).toList();
  }

  void ready() {
    ready = true;
  }

  /** Takes a version out of the memory whose folder has gone. */
  void unload(ModelId id) {
    if (!repository.exists(id)) {
      unloaded.remove(id);
    }
    Version version = versions.now().find(id);
    if (version == null
        || !(version.isBroken() || version.status() == ModelStatus.AVAILABLE)
        || !version.claimRemoval()) {
      return;
    }
    if (repository.exists(id)) {
      version.unclaimRemoval();
      return;
    }
    log.info("The folder of model {} has gone", id);
    versions.retire(version);
  }

  /** Takes all models out of the memory, and no more in; the repository stays as it is. */
  @Override
  public void close() throws IOException {
    threads.close();
    versions.close();
    repository.close();
  }
}
