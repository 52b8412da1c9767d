package dev.keepgate.registry;

import dev.keepgate.model.ModelId;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which versions there are, at one moment; never written after it was made. */
final class Catalog {

  static final Catalog EMPTY = new Catalog(new TreeMap<>(), 0);
  private static final NavigableMap<Long, Version> NONE = Collections.emptyNavigableMap();

  private final NavigableMap<String, NavigableMap<Long, Version>> models;
  private final int size;

  private Catalog(NavigableMap<String, NavigableMap<Long, Version>> models, int size) {
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
    return after(null).toList();
  }

  /** The versions that come after one by name and number, which need not exist; null for all. */
  Stream<Version> after(@Nullable ModelId id) {
    if (id == null) {
      return models.values().stream().flatMap(versions -> versions.values().stream());
    }
    return Stream.concat(
        versions(id.name()).tailMap(id.version(), false).values().stream(),
        models.tailMap(id.name(), false).values().stream()
            .flatMap(versions -> versions.values().stream()));
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
    NavigableMap<String, NavigableMap<Long, Version>> copy = new TreeMap<>(models);
    if (versions.isEmpty()) {
      copy.remove(name);
    } else {
      copy.put(name, versions);
    }
    return new Catalog(copy, newSize);
  }
}
