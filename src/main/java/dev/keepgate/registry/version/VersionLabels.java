package dev.keepgate.registry.version;

import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.repository.LabelFiles;
import java.io.IOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which version each label of a model stands for, in the memory and on the disk. A request takes
 * one look at an immutable map; who changes it holds the lock of this object.
 */
final class VersionLabels {

  private static final SortedMap<String, Long> NONE = Collections.emptySortedMap();

  private final LabelFiles files;
  private final int limit;
  private volatile Map<String, SortedMap<String, Long>> labels = Map.of();
  private volatile long changes;

  /**
   * @param limit how many labels a model may have
   */
  VersionLabels(LabelFiles files, int limit) {
    this.files = files;
    this.limit = limit;
  }

  /** Reads what the disk has, as at the start, or where others may have changed it. */
  synchronized void read() throws IOException {
    labels = Map.copyOf(files.read());
  }

  /** The version that a label stands for; null where the model has no such label. */
  @Nullable Long find(String name, String label) {
    SortedMap<String, Long> own = labels.get(name);
    return own == null ? null : own.get(label);
  }

  /** How many changes were made here, and not by other replicas. */
  long changes() {
    return changes;
  }

  /** Counts one that all replicas know of; of what was known before, nothing may undo it. */
  synchronized void changed() {
    changes = changes + 1;
  }

  /** The models that have labels. */
  Set<String> names() {
    return labels.keySet();
  }

  /** A model's labels by name; not to be written. */
  SortedMap<String, Long> of(String name) {
    return Collections.unmodifiableSortedMap(labels.getOrDefault(name, NONE));
  }

  /**
   * What a request asks for where its label is looked up.
   *
   * @return the version; null where the request names none, and none is labelled for that
   * @throws RegistryException.NoLabel if the model has no such label
   */
  @Nullable Long version(ModelRequest request) {
    if (request instanceof ModelRequest.Labelled labelled) {
      Long version = find(labelled.name(), labelled.label());
      if (version == null) {
        throw new RegistryException.NoLabel(
            labelled.name(), labelled.label(), of(labelled.name()).keySet());
      }
      return version;
    }
    return request instanceof ModelRequest.Latest
        ? find(request.name(), ModelRequest.STABLE)
        : null;
  }

  /**
   * Makes a label stand for a version, in the place of any other.
   *
   * @throws RegistryException.TooManyLabels if the model has as many as may be
   */
  synchronized void put(String name, String label, long version) throws IOException {
    requireRoom(name, label);
    SortedMap<String, Long> own = new TreeMap<>(of(name));
    own.put(label, version);
    replace(name, own);
  }

  /**
   * @throws RegistryException.TooManyLabels if the model has as many as may be, and not this one
   */
  void requireRoom(String name, String label) {
    SortedMap<String, Long> own = of(name);
    if (own.size() >= limit && !own.containsKey(label)) {
      throw new RegistryException.TooManyLabels(name, limit);
    }
  }

  /** Takes a label away. */
  synchronized void remove(String name, String label) throws IOException {
    SortedMap<String, Long> own = new TreeMap<>(of(name));
    if (own.remove(label) != null) {
      replace(name, own);
    }
  }

  /** Makes these all labels of a model: on the disk first, so that what serves is there. */
  synchronized void replace(String name, SortedMap<String, Long> own) throws IOException {
    if (own.equals(of(name))) {
      return;
    }
    files.write(name, own);
    Map<String, SortedMap<String, Long>> all = new HashMap<>(labels);
    if (own.isEmpty()) {
      all.remove(name);
    } else {
      all.put(name, own);
    }
    labels = Map.copyOf(all);
  }
}
