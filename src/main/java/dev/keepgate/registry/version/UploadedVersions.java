package dev.keepgate.registry.version;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.SettingsConfig;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.ModelSettings;
import dev.keepgate.registry.ModelDescription;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.repository.Manifest;
import dev.keepgate.registry.repository.ModelSource;
import dev.keepgate.registry.repository.UploadFolder;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.NavigableMap;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Versions that clients bring: each is read and checked before its number is taken on the disk. */
final class UploadedVersions {

  private static final int COMPARE_ATTEMPTS = 3;

  private final LoadContext context;

  UploadedVersions(LoadContext context) {
    this.context = context;
  }

  private VersionTable versions() {
    return context.versions();
  }

  /** See {@link ModelRegistry#inspect}. */
  ModelDescription inspect(UploadFolder upload) {
    return translated(
        "could not read the upload", () -> context.loader().describe(upload.finish()));
  }

  /** See {@link ModelRegistry#put}. */
  ModelRegistry.Stored put(String name, OptionalLong version, UploadFolder upload) {
    if (version.isEmpty()) {
      ModelVersion next = claimNext(name);
      return new ModelRegistry.Stored(installed(next, false, upload), true);
    }
    ModelId id = new ModelId(name, version.getAsLong());
    ModelVersion claimed = claim(id);
    return claimed == null
        ? new ModelRegistry.Stored(requireSame(id, upload), false)
        : new ModelRegistry.Stored(installed(claimed, true, upload), true);
  }

  /** See {@link ModelRegistry#derive}. */
  ModelRegistry.Stored derive(ModelHandle of, ModelSettings.Detection detection) {
    UploadFolder copy =
        translated("could not copy model " + of.id(), () -> copy(of.id(), of.digest(), detection));
    try (copy) {
      return put(of.id().name(), OptionalLong.empty(), copy);
    }
  }

  private UploadFolder copy(ModelId id, String digest, ModelSettings.Detection detection)
      throws IOException, ImportException {
    try {
      return copy(id, context.repository().source(id), digest, detection);
    } catch (NoSuchFileException e) {
      throw versions().notFound(new ModelRequest.Specific(id));
    }
  }

  private UploadFolder copy(
      ModelId id, ModelSource source, String digest, ModelSettings.Detection detection)
      throws IOException {
    UploadFolder copy = context.repository().newUpload(source.bytes());
    try {
      copy.takeOver(source);
      if (!source.digest().equals(digest)) {
        throw versions().notFound(new ModelRequest.Specific(id));
      }
      copy.config(SettingsConfig.with(source.config(), detection));
      return copy;
    } catch (Throwable e) {
      copy.close();
      throw e;
    }
  }

  private ModelInfo installed(ModelVersion claimed, boolean isNumberGiven, UploadFolder upload) {
    return translated(
        "could not store model " + claimed.id(), () -> install(claimed, isNumberGiven, upload));
  }

  /** The version that serves these very files and configuration. */
  private ModelInfo requireSame(ModelId id, UploadFolder upload) {
    ModelVersion version = versions().now().find(id);
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

  private boolean isSame(ModelId id, UploadFolder upload) throws IOException, ImportException {
    upload.finish();
    Manifest uploaded = Manifest.of(upload.folder());
    for (int attempt = 1; ; attempt++) {
      try {
        return context.repository().manifest(id).equals(uploaded);
      } catch (NoSuchFileException e) {
        return false;
      } catch (IOException e) {
        // Another may take the version away, and bring it again, while its files are listed.
        if (!context.repository().exists(id)) {
          return false;
        }
        if (attempt == COMPARE_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private <T> T translated(String failure, LoadThreads.Work<T> work) {
    try {
      return context.threads().call(work);
    } catch (ImportException e) {
      throw new RegistryException.Rejected(e);
    } catch (IOException e) {
      throw context.repository().failure(failure, e);
    }
  }

  /** Claims a number; null where a version has it, which is loaded then, or could not be. */
  private @Nullable ModelVersion claim(ModelId id) {
    context.repository().requireOwn(id.name());
    while (true) {
      if (versions().settled(id) != null || context.repository().exists(id)) {
        return null;
      }
      ModelVersion old = versions().now().find(id);
      if (old != null && !old.isGone()) {
        continue;
      }
      ModelVersion version = new ModelVersion(id, false, null);
      if (versions().claim(old, version)) {
        return version;
      }
    }
  }

  private ModelVersion claimNext(String name) {
    context.repository().requireOwn(name);
    while (true) {
      long highest = ModelId.isName(name) ? highest(name) : 0;
      if (highest >= ModelId.MAX_VERSION) {
        throw new RegistryException.NoNumberLeft(name);
      }
      ModelVersion version = new ModelVersion(new ModelId(name, highest + 1), false, null);
      if (versions().claim(null, version)) {
        return version;
      }
    }
  }

  /** The highest version of a name, in memory, on the disk or on another replica. */
  private long highest(String name) {
    NavigableMap<Long, ModelVersion> known = versions().now().versions(name);
    try {
      return Math.max(context.storage().highest(name), known.isEmpty() ? 0 : known.lastKey());
    } catch (IOException e) {
      throw context.repository().failure("could not read the repository", e);
    }
  }

  private ModelInfo install(ModelVersion claimed, boolean isNumberGiven, UploadFolder upload)
      throws IOException, ImportException {
    long start = System.nanoTime();
    ModelVersion version = claimed;
    try {
      version.loading();
      ModelLoader.Loaded loaded = context.loader().load(upload.finish());
      try {
        while (!context.storage().store(version, upload)) {
          if (isNumberGiven && context.storage().isSameElsewhere(version.id(), upload)) {
            throw new RegistryException.NotAvailable(version.id(), ModelStatus.LOADING, null);
          } else if (isNumberGiven) {
            throw new RegistryException.VersionExists(version.id(), false);
          }
          // Another process took the number.
          ModelVersion next = claimNext(version.id().name());
          versions().forget(version);
          version = next;
          version.loading();
        }
      } catch (Throwable e) {
        loaded.discard();
        throw e;
      }
      return versions().serve(version, loaded, start);
    } catch (Throwable e) {
      versions().reject(version, e, start);
      throw e;
    }
  }
}
