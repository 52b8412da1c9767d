package dev.keepgate.registry;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.ModelId;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.NavigableMap;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Versions that clients bring: each is read and checked before its number is taken on the disk. */
final class UploadedVersions {

  private final ModelRepository repository;
  private final VersionStorage storage;
  private final ModelLoader loader;
  private final Versions versions;
  private final LoadThreads threads;

  UploadedVersions(
      ModelRepository repository,
      VersionStorage storage,
      ModelLoader loader,
      Versions versions,
      LoadThreads threads) {
    this.repository = repository;
    this.storage = storage;
    this.loader = loader;
    this.versions = versions;
    this.threads = threads;
  }

  /** See {@link ModelRegistry#inspect}. */
  ModelDescription inspect(Upload upload) {
    return translated("could not read the upload", () -> loader.describe(upload.finish()));
  }

  /** See {@link ModelRegistry#put}. */
  ModelRegistry.Stored put(String name, OptionalLong version, Upload upload) {
    if (version.isEmpty()) {
      Version next = claimNext(name);
      return new ModelRegistry.Stored(installed(next, false, upload), true);
    }
    ModelId id = new ModelId(name, version.getAsLong());
    Version claimed = claim(id);
    return claimed == null
        ? new ModelRegistry.Stored(requireSame(id, upload), false)
        : new ModelRegistry.Stored(installed(claimed, true, upload), true);
  }

  private ModelInfo installed(Version claimed, boolean isNumberGiven, Upload upload) {
    return translated(
        "could not store model " + claimed.id(), () -> install(claimed, isNumberGiven, upload));
  }

  /** The version that serves these very files and configuration. */
  private ModelInfo requireSame(ModelId id, Upload upload) {
    Version version = versions.now().find(id);
    ModelInfo info = version == null ? null : version.info();
    boolean isBuiltIn = info != null && info.builtIn();
    if (info == null
        || info.status() != ModelStatus.AVAILABLE
        || isBuiltIn
        || !translated("could not compare model " + id, () -> isSame(id, upload))) {
      throw new RegistryException.VersionExists(id, isBuiltIn);
    }
    return info;
  }

  private boolean isSame(ModelId id, Upload upload) throws IOException, ImportException {
    upload.finish();
    try {
      return repository.manifest(id).equals(Manifest.of(upload.folder()));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private <T> T translated(String failure, LoadThreads.Work<T> work) {
    try {
      return threads.call(work);
    } catch (ImportException e) {
      throw new RegistryException.Rejected(e);
    } catch (IOException e) {
      throw StorageFault.failure(failure, e, repository.root());
    }
  }

  /** Claims a number; null where a version has it, which is loaded then, or could not be. */
  private @Nullable Version claim(ModelId id) {
    repository.requireOwn(id.name());
    while (true) {
      if (versions.settled(id) != null || repository.exists(id)) {
        return null;
      }
      Version old = versions.now().find(id);
      if (old != null && !old.isGone()) {
        continue;
      }
      Version version = new Version(id, false, null);
      if (versions.claim(old, version)) {
        return version;
      }
    }
  }

  private Version claimNext(String name) {
    repository.requireOwn(name);
    while (true) {
      long highest = ModelId.isName(name) ? highest(name) : 0;
      if (highest >= ModelId.MAX_VERSION) {
        throw new RegistryException.NoNumberLeft(name);
      }
      Version version = new Version(new ModelId(name, highest + 1), false, null);
      if (versions.claim(null, version)) {
        return version;
      }
    }
  }

  /** The highest version of a name, in memory, on the disk or on another replica. */
  private long highest(String name) {
    NavigableMap<Long, Version> known = versions.now().versions(name);
    try {
      return Math.max(storage.highest(name), known.isEmpty() ? 0 : known.lastKey());
    } catch (IOException e) {
      throw StorageFault.failure("could not read the repository", e, repository.root());
    }
  }

  private ModelInfo install(Version claimed, boolean isNumberGiven, Upload upload)
      throws IOException, ImportException {
    long start = System.nanoTime();
    Version version = claimed;
    try {
      version.loading();
      ModelLoader.Loaded loaded = loader.load(upload.finish());
      try {
        while (!storage.store(version, upload)) {
          if (isNumberGiven && storage.isSameElsewhere(version.id(), upload)) {
            throw new RegistryException.NotAvailable(version.id(), ModelStatus.LOADING, null);
          } else if (isNumberGiven) {
            throw new RegistryException.VersionExists(version.id(), false);
          }
          // Another process took the number.
          Version next = claimNext(version.id().name());
          versions.forget(version);
          version = next;
          version.loading();
        }
      } catch (Throwable e) {
        loaded.discard();
        throw e;
      }
      return versions.serve(version, loaded, start);
    } catch (Throwable e) {
      versions.reject(version, e, start);
      throw e;
    }
  }
}
