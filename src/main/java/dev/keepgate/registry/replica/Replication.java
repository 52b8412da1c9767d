package dev.keepgate.registry.replica;

import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ReplicaListener;
import dev.keepgate.registry.ReplicaListener.Event;
import dev.keepgate.registry.replica.SharedCatalog.Claim;
import dev.keepgate.registry.replica.SharedCatalog.Entry;
import dev.keepgate.registry.repository.ContentLostException;
import dev.keepgate.registry.repository.Manifest;
import dev.keepgate.registry.repository.ModelRepository;
import dev.keepgate.registry.repository.Revision;
import dev.keepgate.registry.repository.UploadFolder;
import dev.keepgate.registry.version.FoundVersions;
import dev.keepgate.registry.version.ModelVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes single versions from the other replicas, and gives them to these. */
final class Replication {

  private static final Logger log = LoggerFactory.getLogger(Replication.class);

  private final FoundVersions found;
  private final ModelRepository repository;
  private final SharedCatalog catalog;
  private final Listeners<ReplicaListener> listeners;

  Replication(
      FoundVersions found,
      ModelRepository repository,
      SharedCatalog catalog,
      List<ReplicaListener> listeners) {
    this.found = found;
    this.repository = repository;
    this.catalog = catalog;
    this.listeners = new Listeners<>(listeners);
  }

  SharedCatalog catalog() {
    return catalog;
  }

  void tell(ModelId id, Event event, long bytes) {
    listeners.tell(listener -> listener.happened(id, event, bytes));
  }

  void tellReconciled(boolean success) {
    listeners.tell(listener -> listener.reconciled(success));
  }

  /** Takes a version off this replica that was taken away from all. */
  void drop(ModelVersion version) throws IOException {
    ModelId id = version.id();
    Revision revision = version.revision();
    boolean dropped =
        found.retire(
            version,
            () -> {
              if (revision != null && !version.info().builtIn()) {
                repository.remove(id, revision);
              }
            });
    if (dropped && revision != null) {
      log.info("Model {} was removed by another replica", id);
      tell(id, Event.REMOVED, 0);
    }
  }

  /** Takes a version off this replica whose number stands for other files on all others. */
  void displace(ModelVersion version) throws IOException {
    if (found.retire(version, () -> displaceFiles(version.id()))) {
      tell(version.id(), Event.DISPLACED, 0);
    }
  }

  private void displaceFiles(ModelId id) throws IOException {
    // A folder of all replicas is not one replica's to tidy up.
    if (catalog.carriesContent() && repository.exists(id)) {
      Path place = repository.displace(id);
      log.warn("Model {} is another on the other replicas; this one's files are in {}", id, place);
    }
  }

  /** Calls a version what the others call it, who have the same files. */
  void adopt(ModelVersion version, Entry entry) throws IOException {
    name(version, entry.revision());
    log.info("Model {} is the same on the other replicas", version.id());
  }

  /**
   * Makes a version known to all.
   *
   * @return false where another replica does, or has
   */
  boolean announce(ModelVersion version) throws IOException {
    ModelId id = version.id();
    if (wasRemovedFromFolder(id)) {
      drop(version);
      return true;
    }
    Revision revision = Objects.requireNonNull(version.revision());
    Manifest manifest = repository.manifest(id);
    if (!manifest.digest().equals(revision.digest())) {
      throw new IOException("the files of " + id + " were changed since they were loaded");
    }
    // First, so that it is the same one to the others if this process dies on the way.
    if (!keepName(version, revision)) {
      return false;
    }
    try (Claim claim = catalog.claim(id, revision, manifest.bytes())) {
      // Adopted before the claim, or never: while it is held, nobody else publishes.
      if (claim == null || !revision.equals(version.revision())) {
        return false;
      }
      claim.store(repository.folder(id), manifest);
      if (!claim.publish()) {
        return false;
      }
    }
    log.info("Model {} was announced, {} bytes", id, manifest.bytes());
    tell(id, Event.ANNOUNCED, catalog.carriesContent() ? manifest.bytes() : 0);
    return true;
  }

  /**
   * Whether another server of the same folder has removed a version before anybody was told of it,
   * so that no catalog can say so.
   */
  private boolean wasRemovedFromFolder(ModelId id) throws IOException {
    if (catalog.carriesContent()) {
      return false;
    }
    repository.requirePresent();
    // Not what cannot be told, as while the disk fails.
    return Files.notExists(repository.folder(id), LinkOption.NOFOLLOW_LINKS);
  }

  /** Says beside the files which making of its number a version is. */
  private synchronized void name(ModelVersion version, Revision revision) throws IOException {
    repository.mark(version.id(), revision);
    version.revision(revision, true);
  }

  /**
   * Says so of a version that nobody was told of, unless it was adopted meanwhile, or named by
   * another server of the same folder: to call it as before would make it another one, which the
   * others do not know to be removed with theirs.
   */
  private synchronized boolean keepName(ModelVersion version, Revision revision)
      throws IOException {
    if (!revision.equals(version.revision())) {
      return false;
    }
    if (!version.isMarked()) {
      version.revision(repository.markFirst(version.id(), revision), true);
    }
    return revision.equals(version.revision());
  }

  /**
   * Begins to bring a version here and to load it.
   *
   * @param arrived is told whether the files came: null where they did
   * @return is done when the version serves or cannot; null where another has its place
   */
  @Nullable CompletableFuture<Void> fetch(
      ModelId id, Entry entry, Consumer<@Nullable Throwable> arrived) {
    ModelVersion version = found.claim(id, false, null);
    if (version == null) {
      return null;
    }
    return found.loadAfter(
        () -> {
          try {
            bring(id, entry);
          } catch (Throwable e) {
            arrived.accept(e);
            throw e;
          }
          arrived.accept(null);
        },
        version);
  }

  private void bring(ModelId id, Entry entry) throws IOException {
    if (isHere(id, entry)) {
      return;
    }
    if (!catalog.carriesContent()) {
      throw new IOException(
          "the shared folder has not the files of " + id + " that were announced");
    }
    displaceFiles(id);
    try (UploadFolder upload = repository.newUpload()) {
      catalog.fetch(entry, upload.folder());
      String digest = Manifest.of(upload.folder()).digest();
      if (!digest.equals(entry.revision().digest())) {
        throw new ContentLostException(
            "the files of %s have the digest %s in place of %s"
                .formatted(id, digest, entry.revision().digest()));
      }
      upload.mark(entry.revision());
      repository.commit(upload, id);
    } catch (ContentLostException e) {
      catalog.reportLost(id, entry);
      throw e;
    }
    log.info("Model {} was fetched, {} bytes", id, entry.bytes());
    tell(id, Event.FETCHED, entry.bytes());
  }

  private boolean isHere(ModelId id, Entry entry) throws IOException {
    return repository.exists(id)
        && entry.revision().equals(repository.revision(id))
        && entry.revision().digest().equals(repository.manifest(id).digest());
  }
}
