package dev.keepgate.registry;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.ModelId;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Versions that nobody uploads here: that were found in the repository, at the start or later, or
 * come from another replica. One that cannot be loaded ends with its error and stops no other.
 */
final class FoundVersions {

  private static final Logger log = LoggerFactory.getLogger(FoundVersions.class);

  private final ModelRepository repository;
  private final VersionStorage storage;
  private final ModelLoader loader;
  private final Versions versions;
  private final LoadThreads threads;

  /** Something to be done on the disk. */
  interface FileWork {
    void run() throws IOException;
  }

  FoundVersions(
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

  /**
   * Claims a version that was found, to be loaded.
   *
   * @return null where it is known already, unless as one that could not be loaded
   * @throws RegistryException.TooManyVersions if there are as many as may be
   */
  @Nullable Version claim(ModelId id, boolean builtIn, @Nullable String stamp) {
    Version old = versions.now().find(id);
    if (old != null && !old.isGone() && !(old.isBroken() && old.claimRemoval())) {
      return null;
    }
    Version version = new Version(id, builtIn, stamp);
    return versions.claim(old, version) ? version : null;
  }

  /**
   * Loads versions that were claimed; what goes wrong becomes a version's end, with an error.
   *
   * @param afterEach runs after each, on the thread that loaded it
   * @return is done when all are
   */
  CompletableFuture<Void> load(List<Version> claimed, int parallelism, Runnable afterEach) {
    return threads.runAll(
        claimed.stream()
            .<Runnable>map(
                version ->
                    () -> {
                      load(version);
                      afterEach.run();
                    })
            .toList(),
        parallelism);
  }

  private void load(Version version) {
    load(version, null);
  }

  /** Loads a version that was claimed, once its files have come. */
  CompletableFuture<Void> loadAfter(FileWork arrival, Version version) {
    return threads.runAll(List.of(() -> load(version, arrival)), 1);
  }

  private void load(Version version, @Nullable FileWork arrival) {
    long start = System.nanoTime();
    try {
      version.loading();
      if (arrival != null) {
        arrival.run();
      }
      versions.serve(version, read(version), start);
    } catch (Throwable e) {
      if (arrival == null && !version.info().builtIn() && !repository.exists(version.id())) {
        versions.forget(version);
        return;
      }
      versions.fail(version, e, start);
      boolean isFault = !(e instanceof ImportException || e instanceof RegistryException);
      log.warn(
          "Model {} cannot be loaded: {}",
          version.id(),
          version.info().error(),
          isFault ? e : null);
    }
  }

  private ModelLoader.Loaded read(Version version) throws IOException, ImportException {
    if (!version.info().builtIn()) {
      ModelSource source = repository.source(version.id());
      storage.identify(version);
      return loader.load(source);
    }
    storage.identify(version);
    try (Upload copy = BuiltInModels.unpack(version.id())) {
      return loader.load(copy.finish());
    }
  }

  /**
   * Takes a version out of the memory, after what else is to be done.
   *
   * @return false where somebody else is at it
   * @throws IOException if that failed; the version then serves on
   */
  boolean retire(Version version, FileWork before) throws IOException {
    if (!version.claimRemoval()) {
      return false;
    }
    try {
      before.run();
    } catch (IOException | RuntimeException e) {
      version.unclaimRemoval();
      throw e;
    }
    versions.retire(version);
    return true;
  }
}
