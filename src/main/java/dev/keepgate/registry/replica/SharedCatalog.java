package dev.keepgate.registry.replica;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.registry.repository.ContentLostException;
import dev.keepgate.registry.repository.Manifest;
import dev.keepgate.registry.repository.Revision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What all replicas agree on: which versions there are, what each of them is, and, unless the
 * replicas share a folder, the bytes.
 *
 * <p>A number is claimed before its version is made durable anywhere, and published after it is. Of
 * any that claim one number at once, one gets it; a claim whose owner dies runs out. Calls may be
 * made twice, as a client whose connection broke does. All throw {@link
 * RegistryException.ReplicasUnavailable} while the catalog cannot be asked.
 */
public interface SharedCatalog {

  /** Whether it has the bytes of models; otherwise all replicas share a folder. */
  boolean carriesContent();

  /**
   * A version that all replicas serve.
   *
   * @param content where the bytes are, a word of the catalog's own; null where they were lost
   */
  record Entry(Revision revision, long bytes, @Nullable String content) {}

  /**
   * What there was at one moment.
   *
   * @param stamp changes with every change
   * @param labels of each model, what a label stands for; empty where it was taken away
   * @param removed of the revisions that were asked about, those that were taken away
   */
  record Snapshot(
      String stamp,
      Map<ModelId, Entry> versions,
      Map<String, Map<String, Optional<VersionLabel>>> labels,
      Set<String> removed) {

    public Snapshot {
      versions = Map.copyOf(versions);
      labels = Map.copyOf(labels);
      removed = Set.copyOf(removed);
    }
  }

  /** The stamp of what there is now. */
  String stamp();

  /**
   * What there is now.
   *
   * @param revisions ids of those whose removal is of interest
   */
  Snapshot read(Collection<String> revisions);

  /** Wakes somebody after each change, where that can be; it is no more than a hint. */
  void onChange(Runnable wake);

  /** The highest version of a name; 0 where there is none. */
  long highest(String name);

  /**
   * Claims a number for a version, or for the lost bytes of the version that has it.
   *
   * @param bytes of its files
   * @return null where another has the number, or the revision was taken away
   * @throws RegistryException.SharedStorageFull if there is no room for so many bytes
   */
  @Nullable Claim claim(ModelId id, Revision revision, long bytes);

  /** A number that nobody else gets until the claim is closed, or its process dies. */
  interface Claim extends AutoCloseable {

    /**
     * Stores the bytes where replicas do not share a folder.
     *
     * @throws IOException if the folder cannot be read
     */
    void store(Path folder, Manifest manifest) throws IOException;

    /**
     * Makes the version known to all replicas.
     *
     * @return false where it is no more the claim's to do
     */
    boolean publish();

    /** Gives the number back, unless the version was published. */
    @Override
    void close();
  }

  /**
   * Says what a label stands for.
   *
   * @param target null where for nothing any more
   * @return false where the catalog has no such version
   * @throws RegistryException.TooMuchWeight if the model's weights exceed 1 with it
   */
  boolean label(String name, String label, @Nullable VersionLabel target);

  /** Says the same of labels that the catalog knows nothing of, as after it lost what it had. */
  void offer(Map<String, Map<String, VersionLabel>> labels);

  /**
   * Takes a version away from all replicas, for good.
   *
   * @return false where another revision has its number
   * @throws RegistryException.VersionLabelled if a label stands for it
   */
  boolean remove(ModelId id, Revision revision);

  /**
   * Writes a version's files into an empty folder.
   *
   * @throws ContentLostException if they are not all there
   * @throws IOException if the disk fails
   */
  void fetch(Entry entry, Path folder) throws IOException;

  /** Says that a version's bytes are not what they should be: who has them stores them again. */
  void reportLost(ModelId id, Entry entry);
}
