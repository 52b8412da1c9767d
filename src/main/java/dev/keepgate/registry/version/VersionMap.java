package dev.keepgate.registry.version;

import dev.keepgate.model.ModelId;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which versions there are, at one moment; never written after it was made. */
final class VersionMap {

  static final VersionMap EMPTY = new VersionMap(new TreeMap<>(), 0);
  private static final NavigableMap<Long, ModelVersion> NONE = Collections.emptyNavigableMap();

  private final NavigableMap<String, NavigableMap<Long, ModelVersion>> models;
  private final int size;

  private VersionMap(NavigableMap<String, NavigableMap<Long, ModelVersion>> models, int size) {
    this.models = models;
    this.size = size;
  }

  /** How many versions there are. */
  int size() {
    return size;
  }

  /** A name's versions by number; none where the name is unknown. */
  NavigableMap<Long, ModelVersion> versions(String name) {
    return models.getOrDefault(name, NONE);
  }

  @Nullable ModelVersion find(ModelId id) {
    return versions(id.name()).get(id.version());
  }

  /** All versions, by name and number. */
  List<ModelVersion> all() {
    return after(null).toList();
  }

  /** The versions that come after one by name and number, which need not exist; null for all. */
  Stream<ModelVersion> after(@Nullable ModelId id) {
    if (id == null) {
      return models.values().stream().flatMap(versions -> versions.values().stream());
    }
    return Stream.concat(
        versions(id.name()).tailMap(id.version(), false).values().stream(),
        models.tailMap(id.name(), false).values().stream()
            .flatMap(versions -> versions.values().stream()));
  }

  /** This catalog and one more version, in the place of any of the same name and number. */
  VersionMap with(ModelVersion version) {
    ModelId id = version.id();
    NavigableMap<Long, ModelVersion> versions = new TreeMap<>(versions(id.name()));
    boolean isNew = versions.put(id.version(), version) == null;
    return replacing(id.name(), versions, isNew ? size + 1 : size);
  }

  /** This catalog less a version; the same where another has taken its place. */
  VersionMap without(ModelVersion version) {
    ModelId id = version.id();
    NavigableMap<Long, ModelVersion> versions = new TreeMap<>(versions(id.name()));
    return versions.remove(id.version(), version) ? replacing(id.name(), versions, size - 1) : this;
  }

  private VersionMap replacing(
      String name, NavigableMap<Long, ModelVersion> versions, int newSize) {
    NavigableMap<String, NavigableMap<Long, ModelVersion>> copy = new TreeMap<>(models);
    if (versions.isEmpty()) {
      copy.remove(name);
    } else {
      copy.put(name, versions);
    }
    return new VersionMap(copy, newSize);
  }
}
