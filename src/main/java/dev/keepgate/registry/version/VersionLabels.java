package dev.keepgate.registry.version;

import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.Shadow;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.registry.repository.LabelFiles;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
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

  private final LabelFiles files;
  private final int limit;
  private volatile Map<String, ModelLabels> labels = Map.of();
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
    Map<String, ModelLabels> all = new HashMap<>();
    files.read().forEach((name, own) -> all.put(name, new ModelLabels(name, own)));
    labels = Map.copyOf(all);
  }

  /** The version that a label stands for; null where the model has no such label. */
  @Nullable Long find(String name, String label) {
    VersionLabel found = of(name).get(label);
    return found == null ? null : found.version();
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
  SortedMap<String, VersionLabel> of(String name) {
    return labels.getOrDefault(name, ModelLabels.NONE).all();
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
        ? labels.getOrDefault(request.name(), ModelLabels.NONE).stable()
        : null;
  }

  /** The versions that are sent what the one that serves by default was asked. */
  List<Shadow> shadows(String name) {
    return labels.getOrDefault(name, ModelLabels.NONE).shadows();
  }

  /** The label whose share a request falls into that names none; null for none. */
  ModelLabels.@Nullable Share share(ModelRequest request) {
    return request instanceof ModelRequest.Latest latest
        ? labels.getOrDefault(latest.name(), ModelLabels.NONE).share(latest.point())
        : null;
  }

  /**
   * Makes a label stand for a version, in the place of any other.
   *
   * @throws RegistryException.TooManyLabels if the model has as many as may be
   * @throws RegistryException.TooMuchWeight if the model's weights exceed 1 with it
   */
  synchronized void put(String name, String label, VersionLabel target) throws IOException {
    requireRoom(name, label, target);
    SortedMap<String, VersionLabel> own = new TreeMap<>(of(name));
    own.put(label, target);
    replace(name, own);
  }

  /**
   * @throws RegistryException.TooManyLabels if the model has as many as may be, and not this one
   * @throws RegistryException.TooMuchWeight if the model's weights would exceed 1
   */
  void requireRoom(String name, String label, VersionLabel target) {
    SortedMap<String, VersionLabel> own = of(name);
    if (own.size() >= limit && !own.containsKey(label)) {
      throw new RegistryException.TooManyLabels(name, limit);
    }
    double others =
        own.entrySet().stream()
            .filter(each -> !each.getKey().equals(label))
            .mapToDouble(each -> each.getValue().weight())
            .sum();
    if (target.weight() > 0 && others + target.weight() > 1 + VersionLabel.ROUNDING) {
      throw new RegistryException.TooMuchWeight(name, others);
    }
  }

  /** Takes a label away. */
  synchronized void remove(String name, String label) throws IOException {
    SortedMap<String, VersionLabel> own = new TreeMap<>(of(name));
    if (own.remove(label) != null) {
      replace(name, own);
    }
  }

  /** Makes these all labels of a model: on the disk first, so that what serves is there. */
  synchronized void replace(String name, SortedMap<String, VersionLabel> own) throws IOException {
    if (own.equals(of(name))) {
      return;
    }
    files.write(name, own);
    Map<String, ModelLabels> all = new HashMap<>(labels);
    if (own.isEmpty()) {
      all.remove(name);
    } else {
      all.put(name, new ModelLabels(name, own));
    }
    labels = Map.copyOf(all);
  }
}
