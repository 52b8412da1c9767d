package dev.keepgate.registry;

import dev.keepgate.model.ModelId;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which versions there are, at one moment; never written after it was made. */
final class Catalog {

  static final Catalog EMPTY = new Catalog(Map.of(), 0);
  private static final NavigableMap<Long, Version> NONE = Collections.emptyNavigableMap();

  private final Map<String, NavigableMap<Long, Version>> models;
  private final int size;

  private Catalog(Map<String, NavigableMap<Long, Version>> models, int size) {
    this.models = models;
    this.size = size;
  }

  /** How many versions there are. */
  int size() {
    return size;
  }

  /** A name's versions by number; none where the name is unknown. */
  NavigableMap<Long, Version> versions(String name) {
    return models.getOrDefault(name, NONE);
  }

  @Nullable Version find(ModelId id) {
    return versions(id.name()).get(id.version());
  }

  /** All versions, by name and number. */
  List<Version> all() {
    return models.values().stream().flatMap(versions -> versions.values().stream()).toList();
  }

  /** This catalog and one more version, in the place of any of the same name and number. */
  Catalog with(Version version) {
    ModelId id = version.id();
    NavigableMap<Long, Version> versions = new TreeMap<>(versions(id.name()));
    boolean isNew = versions.put(id.version(), version) == null;
    return replacing(id.name(), versions, isNew ? size + 1 : size);
  }

  /** This catalog less a version; the same where another has taken its place. */
  Catalog without(Version version) {
    ModelId id = version.id();
    NavigableMap<Long, Version> versions = new TreeMap<>(versions(id.name()));
    return versions.remove(id.version(), version) ? replacing(id.name(), versions, size - 1) : this;
  }

  private Catalog replacing(String name, NavigableMap<Long, Version> versions, int newSize) {
    Map<String, NavigableMap<Long, Version>> copy = new TreeMap<>(models);
    if (versions.isEmpty()) {
      copy.remove(name);
    } else {
      copy.put(name, versions);
    }
    return new Catalog(copy, newSize);
  }
}
