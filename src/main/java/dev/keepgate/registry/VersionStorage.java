package dev.keepgate.registry;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.SharedCatalog.Claim;
import dev.keepgate.registry.SharedCatalog.Entry;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where versions are durable: in the repository and, where this server has replicas, in agreement
 * with them. What the catalog refuses never stays on the disk; what the disk refuses is never
 * published.
 */
final class VersionStorage {

  private static final Logger log = LoggerFactory.getLogger(VersionStorage.class);

  private final ModelRepository repository;
  private final @Nullable SharedCatalog catalog;
  private final Queue<Unpublished> unpublished = new ConcurrentLinkedQueue<>();

  VersionStorage(ModelRepository repository, @Nullable SharedCatalog catalog) {
    this.repository = repository;
    this.catalog = catalog;
  }

  /** A version that nobody may have, though the catalog may have been told of it. */
  private record Unpublished(ModelId id, Revision revision) {}

  /** The highest version of a name, on the disk or on another replica; 0 where there is none. */
  long highest(String name) throws IOException {
    long here = repository.highest(name);
    return catalog == null ? here : Math.max(here, catalog.highest(name));
  }

  /**
   * Makes an upload a version, durably.
   *
   * @return false where the number is another's, of this replica or not
   */
  boolean store(Version version, Upload upload) throws IOException {
    if (catalog == null) {
      return isCommitted(upload, version.id());
    }
    Manifest manifest = Manifest.of(upload.folder());
    Revision revision = Revision.mint(manifest.digest());
    upload.mark(revision);
    try (Claim claim = catalog.claim(version.id(), revision, manifest.bytes())) {
      if (claim == null) {
        return false;
      }
      claim.store(upload.folder(), manifest);
      if (!isCommitted(upload, version.id())) {
        return false;
      }
      publish(claim, version.id(), revision);
    }
    version.revision(revision, true);
    return true;
  }

  /** Whether another replica made the version of the same files, so that this one soon has it. */
  boolean isSameElsewhere(ModelId id, Upload upload) throws IOException {
    if (catalog == null) {
      return false;
    }
    Entry entry = catalog.read(List.of()).versions().get(id);
    return entry != null && entry.revision().digest().equals(Manifest.of(upload.folder()).digest());
  }

  private boolean isCommitted(Upload upload, ModelId id) throws IOException {
    try {
      repository.commit(upload, id);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  private void publish(Claim claim, ModelId id, Revision revision) {
    try {
      if (!claim.publish()) {
        throw new RegistryException.ReplicasUnavailable(
            "storing " + id + " took so long that another replica took its number", null);
      }
    } catch (RuntimeException e) {
      unpublished.add(new Unpublished(id, revision));
      try {
        repository.remove(id, revision);
      } catch (IOException failure) {
        e.addSuppressed(failure);
      }
      throw e;
    }
  }

  /** Takes away from the catalog what was refused to its client, once it answers. */
  void withdrawUnpublished() {
    for (Unpublished next = unpublished.peek();
        next != null && catalog != null;
        next = unpublished.peek()) {
      catalog.remove(next.id(), next.revision());
      unpublished.remove(next);
    }
  }

  /** Takes a version away from the disk, and from all replicas first. */
  void remove(Version version) throws IOException {
    repository.requirePresent();
    if (repository.exists(version.id())) {
      repository.requireOwn(version.id().name());
    }
    remove(version.id(), version.revision());
  }

  /**
   * Takes a version away that need not be in the memory.
   *
   * @param known which making of its number it is, where that is known
   */
  void remove(ModelId id, @Nullable Revision known) throws IOException {
    Revision revision = known;
    if (catalog != null) {
      if (revision == null) {
        Entry entry = catalog.read(List.of()).versions().get(id);
        revision = entry == null ? null : entry.revision();
      }
      if (revision != null && !catalog.remove(id, revision)) {
        throw new RegistryException.ReplicasUnavailable(
            "another replica is replacing model " + id, null);
      }
    }
    if (repository.exists(id)) {
      if (revision == null) {
        repository.remove(id);
      } else {
        repository.remove(id, revision);
      }
    }
    BuiltInModels.recordRemoval(repository.root(), id);
  }

  /** Finds out which making of its number a version is whose files are here. */
  void identify(Version version) throws IOException {
    if (catalog == null) {
      return;
    }
    if (version.info().builtIn()) {
      version.revision(Revision.builtIn(version.id()), true);
      return;
    }
    Revision marked = repository.revision(version.id());
    String digest = repository.manifest(version.id()).digest();
    if (marked != null && marked.digest().equals(digest)) {
      version.revision(marked, true);
      return;
    }
    if (marked != null) {
      log.warn("The files of {} were changed since they were stored", version.id());
    }
    version.revision(Revision.mint(digest), false);
  }
}
