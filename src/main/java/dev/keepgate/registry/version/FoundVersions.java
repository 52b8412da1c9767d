package dev.keepgate.registry.version;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.registry.repository.BuiltInModels;
import dev.keepgate.registry.repository.ModelSource;
import dev.keepgate.registry.repository.UploadFolder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Versions that nobody uploads here: that were found in the repository, at the start or later, or
 * come from another replica. One that cannot be loaded ends with its error and stops no other.
 */
public final class FoundVersions {

  private static final Logger log = LoggerFactory.getLogger(FoundVersions.class);

  private final LoadContext context;
  private final LabelChanges labels;

  /** Something to be done on the disk. */
  public interface FileWork {
    void run() throws IOException;
  }

  FoundVersions(LoadContext context) {
    this.context = context;
    this.labels = new LabelChanges(context);
  }

  /** All versions that were not taken away. */
  public List<ModelVersion> present() {
    return versions().present();
  }

  /** The versions that were unloaded on demand. */
  public Set<ModelId> unloaded() {
    return Set.copyOf(versions().unloaded());
  }

  /**
   * Makes labels stand for what all replicas agree on, where what they stand for is here.
   *
   * @param agreed of each model, what a label stands for; empty where it was taken away
   * @param changes {@link #labelChanges()} before that was read
   * @return the labels here that nothing is said of; null where it is older than a change made here
   */
  public @Nullable Map<String, Map<String, VersionLabel>> adoptLabels(
      Map<String, Map<String, Optional<VersionLabel>>> agreed, long changes) throws IOException {
    return labels.adopt(agreed, changes);
  }

  /** How many changes of labels were made here. */
  public long labelChanges() {
    return context.labels().changes();
  }

  /** Reads anew which labels there are, which others may have changed. */
  void readLabels() throws IOException {
    context.labels().read();
  }

  /** The versions that lie in the repository, as far as they are known. */
  Map<ModelId, VersionPolicy.Known> known() {
    return versions().known();
  }

  /** Says that all versions that were there at the start are loaded, or have failed to. */
  public void ready() {
    versions().ready();
  }

  private VersionTable versions() {
    return context.versions();
  }

  /**
   * Claims a version that was found, to be loaded.
   *
   * @return null where it is known already, unless as one that could not be loaded
   * @throws RegistryException.TooManyVersions if there are as many as may be
   */
  public @Nullable ModelVersion claim(ModelId id, boolean builtIn, @Nullable String stamp) {
    ModelVersion old = versions().now().find(id);
    if (old != null && !old.isGone() && !(old.isBroken() && old.claimRemoval())) {
      return null;
    }
    ModelVersion version = new ModelVersion(id, builtIn, stamp);
    return versions().claim(old, version) ? version : null;
  }

  /**
   * Loads versions that were claimed; what goes wrong becomes a version's end, with an error.
   *
   * @param afterEach runs after each, on the thread that loaded it
   * @return is done when all are
   */
  CompletableFuture<Void> load(List<ModelVersion> claimed, int parallelism, Runnable afterEach) {
    return context
        .threads()
        .runAll(
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

  private void load(ModelVersion version) {
    load(version, null);
  }

  /** Loads a version that was claimed, once its files have come. */
  public CompletableFuture<Void> loadAfter(FileWork arrival, ModelVersion version) {
    return context.threads().runAll(List.of(() -> load(version, arrival)), 1);
  }

  private void load(ModelVersion version, @Nullable FileWork arrival) {
    long start = System.nanoTime();
    try {
      version.loading();
      if (arrival != null) {
        arrival.run();
      }
      versions().serve(version, read(version), start);
    } catch (Throwable e) {
      if (arrival == null
          && !version.info().builtIn()
          && !context.repository().exists(version.id())) {
        versions().forget(version);
        return;
      }
      versions().fail(version, e, start);
      boolean isFault = !(e instanceof ImportException || e instanceof RegistryException);
      log.warn(
          "Model {} cannot be loaded: {}",
          version.id(),
          version.info().error(),
          isFault ? e : null);
    }
  }

  private ModelLoader.Loaded read(ModelVersion version) throws IOException, ImportException {
    if (!version.info().builtIn()) {
      ModelSource source = context.repository().source(version.id());
      context.storage().identify(version);
      return context.loader().load(source);
    }
    context.storage().identify(version);
    try (UploadFolder copy = BuiltInModels.unpack(version.id())) {
      return context.loader().load(copy.finish());
    }
  }

  /**
   * Takes a version out of the memory, after what else is to be done.
   *
   * @return false where somebody else is at it
   * @throws IOException if that failed; the version then serves on
   */
  public boolean retire(ModelVersion version, FileWork before) throws IOException {
    if (!version.claimRemoval()) {
      return false;
    }
    try {
      before.run();
    } catch (IOException | RuntimeException e) {
      version.unclaimRemoval();
      throw e;
    }
    versions().retire(version);
    return true;
  }

  /** Takes a version out of the memory whose folder has gone. */
  void unloadGone(ModelId id) {
    if (!context.repository().exists(id)) {
      versions().unloaded().remove(id);
    }
    ModelVersion version = versions().now().find(id);
    if (version == null
        || !(version.isBroken() || version.status() == ModelStatus.AVAILABLE)
        || !version.claimRemoval()) {
      return;
    }
    if (context.repository().exists(id)) {
      version.unclaimRemoval();
      return;
    }
    log.info("The folder of model {} has gone", id);
    versions().retire(version);
  }
}
