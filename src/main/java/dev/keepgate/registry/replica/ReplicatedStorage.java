package dev.keepgate.registry.replica;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.registry.replica.SharedCatalog.Claim;
import dev.keepgate.registry.replica.SharedCatalog.Entry;
import dev.keepgate.registry.repository.Manifest;
import dev.keepgate.registry.repository.ModelRepository;
import dev.keepgate.registry.repository.Revision;
import dev.keepgate.registry.repository.UploadFolder;
import dev.keepgate.registry.version.ModelVersion;
import dev.keepgate.registry.version.VersionStorage;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The storage of a server that has replicas: its folder, in agreement with theirs. What the catalog
 * refuses never stays on the disk; what the disk refuses is never published.
 */
final class ReplicatedStorage implements VersionStorage {

  private static final Logger log = LoggerFactory.getLogger(ReplicatedStorage.class);

  private final ModelRepository repository;
  private final SharedCatalog catalog;
  private final Queue<Unpublished> unpublished = new ConcurrentLinkedQueue<>();

  ReplicatedStorage(ModelRepository repository, SharedCatalog catalog) {
    this.repository = repository;
    this.catalog = catalog;
  }

  /** A version that nobody may have, though the catalog may have been told of it. */
  private record Unpublished(ModelId id, Revision revision) {}

  @Override
  public ModelRepository repository() {
    return repository;
  }

  @Override
  public boolean isReplicated() {
    return true;
  }

  @Override
  public long highest(String name) throws IOException {
    return Math.max(repository.highest(name), catalog.highest(name));
  }

  @Override
  public boolean store(ModelVersion version, UploadFolder upload) throws IOException {
    Manifest manifest = Manifest.of(upload.folder());
    Revision revision = Revision.mint(manifest.digest());
    upload.mark(revision);
    try (Claim claim = catalog.claim(version.id(), revision, manifest.bytes())) {
      if (claim == null) {
        return false;
      }
      claim.store(upload.folder(), manifest);
      if (!repository.tryCommit(upload, version.id())) {
        return false;
      }
      publish(claim, version.id(), revision);
    }
    version.revision(revision, true);
    return true;
  }

  @Override
  public boolean isSameElsewhere(ModelId id, UploadFolder upload) throws IOException {
    Entry entry = catalog.read(List.of()).versions().get(id);
    return entry != null && entry.revision().digest().equals(Manifest.of(upload.folder()).digest());
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
    for (Unpublished next = unpublished.peek(); next != null; next = unpublished.peek()) {
      catalog.remove(next.id(), next.revision());
      unpublished.remove(next);
    }
  }

  @Override
  public void remove(ModelId id, @Nullable Revision known) throws IOException {
    Revision revision = known == null ? null : inFolder(id, known);
    if (revision == null) {
      Entry entry = catalog.read(List.of()).versions().get(id);
      revision = entry == null ? null : entry.revision();
    }
    if (revision != null && !catalog.remove(id, revision)) {
      throw new RegistryException.ReplicasUnavailable(
          "another replica is replacing model " + id, null);
    }
    repository.removeIfPresent(id, revision);
  }

  /**
   * As all servers of one folder call a version of which the catalog may not have been told yet.
   */
  private Revision inFolder(ModelId id, Revision known) throws IOException {
    if (catalog.carriesContent() || !repository.exists(id)) {
      return known;
    }
    Revision said = repository.revision(id);
    if (said == null) {
      said = repository.markFirst(id, known);
    }
    return said.digest().equals(known.digest()) ? said : known;
  }

  @Override
  public void label(ModelVersion version, String label, VersionLabel target) {
    ModelId id = version.id();
    if (!catalog.label(id.name(), label, target)) {
      throw new RegistryException.ReplicasUnavailable(
          "the other replicas were not told of model " + id + " yet", null);
    }
  }

  @Override
  public void unlabel(String name, String label) {
    if (!catalog.label(name, label, null)) {
      throw new IllegalStateException("a label that goes needs no version");
    }
  }

  @Override
  public void identify(ModelVersion version) throws IOException {
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
