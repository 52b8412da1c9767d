package dev.keepgate.registry.version;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.registry.repository.ModelRepository;
import dev.keepgate.registry.repository.Revision;
import dev.keepgate.registry.repository.UploadFolder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where versions are durable: on this server's disk and, where it has replicas, with theirs. */
public interface VersionStorage {

  /** The storage of a server that has no replicas. */
  static VersionStorage local(ModelRepository repository) {
    return new LocalStorage(repository);
  }

  /** The folder that the files lie in. */
  ModelRepository repository();

  /** Whether replicas agree on what there is. */
  boolean isReplicated();

  /** The highest version of a name, here or on another replica; 0 where there is none. */
  long highest(String name) throws IOException;

  /**
   * Makes an upload a version, durably.
   *
   * @return false where the number is another's, of this replica or not
   */
  boolean store(ModelVersion version, UploadFolder upload) throws IOException;

  /** Whether another replica made the version of the same files, so that this one soon has it. */
  boolean isSameElsewhere(ModelId id, UploadFolder upload) throws IOException;

  /** Takes a version away from the disk, and from all replicas first. */
  default void remove(ModelVersion version) throws IOException {
    repository().requirePresent();
    if (repository().exists(version.id())) {
      repository().requireOwn(version.id().name());
    }
    remove(version.id(), version.revision());
  }

  /**
   * Takes a version away that need not be in the memory.
   *
   * @param revision which making of its number it is; null where that is not known
   */
  void remove(ModelId id, @Nullable Revision revision) throws IOException;

  /**
   * Tells all replicas what a label stands for, before it does here.
   *
   * @throws RegistryException.TooMuchWeight if the weights that all have exceed 1 with it
   * @throws RegistryException.ReplicasUnavailable if they cannot be told
   */
  void label(ModelVersion version, String label, VersionLabel target);

  /** Tells all replicas that a label stands for no version any more; throws as {@link #label}. */
  void unlabel(String name, String label);

  /** Finds out which making of its number a version is whose files are here. */
  void identify(ModelVersion version) throws IOException;
}
