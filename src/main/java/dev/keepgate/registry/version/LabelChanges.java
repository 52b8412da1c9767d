package dev.keepgate.registry.version;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.VersionLabel;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Changes of labels, which must not come between a look at a version and its removal. */
final class LabelChanges {

  private final LoadContext context;
  private final VersionLabels labels;

  LabelChanges(LoadContext context) {
    this.context = context;
    this.labels = context.labels();
  }

  /** See {@link dev.keepgate.registry.ModelRegistry#labels}. */
  SortedMap<String, VersionLabel> of(String name) {
    SortedMap<String, VersionLabel> own = labels.of(name);
    if (own.isEmpty() && context.versions().present(name).isEmpty()) {
      throw context.versions().notFound(ModelRequest.latest(name));
    }
    return own;
  }

  /** The labels of a version. */
  SortedMap<String, VersionLabel> of(ModelId id) {
    SortedMap<String, VersionLabel> own = new TreeMap<>(labels.of(id.name()));
    own.values().removeIf(target -> target.version() != id.version());
    return own;
  }

  private List<String> standing(String name, @Nullable Long version) {
    return labels.of(name).entrySet().stream()
        .filter(entry -> version == null || entry.getValue().version() == version)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** See {@link dev.keepgate.registry.ModelRegistry#label}. */
  void put(String name, String label, VersionLabel target) {
    ModelId id = new ModelId(name, target.version());
    synchronized (labels) {
      ModelVersion version = requireServing(id);
      labels.requireRoom(name, label, target);
      context.storage().label(version, label, target);
      labels.changed();
      try {
        labels.put(name, label, target);
      } catch (IOException e) {
        throw context.repository().failure("could not label model " + id, e);
      }
    }
  }

  private ModelVersion requireServing(ModelId id) {
    ModelVersion version = context.versions().now().find(id);
    if (version == null || version.isGone() || version.isRemovalClaimed()) {
      throw context.versions().notFound(new ModelRequest.Specific(id));
    }
    if (version.status() != ModelStatus.AVAILABLE) {
      throw new RegistryException.NotAvailable(id, version.status(), version.info().error());
    }
    return version;
  }

  /** See {@link dev.keepgate.registry.ModelRegistry#unlabel}. */
  void remove(String name, String label) {
    synchronized (labels) {
      if (labels.find(name, label) == null) {
        throw new RegistryException.NoLabel(name, label, of(name).keySet());
      }
      context.storage().unlabel(name, label);
      labels.changed();
      try {
        labels.remove(name, label);
      } catch (IOException e) {
        throw context.repository().failure("could not take a label from model " + name, e);
      }
    }
  }

  /**
   * Makes labels stand for what all replicas agree on. Where a label moves to a version that is
   * still on its way here, it stays with the former until that has come: no request is lost.
   *
   * @param agreed of each model, what a label stands for; empty where it was taken away
   * @param changes how many had been made here before that was read
   * @return the labels here that nothing is said of; null where it is older than a change made here
   * @throws IOException if the disk refuses
   */
  @Nullable Map<String, Map<String, VersionLabel>> adopt(
      Map<String, Map<String, Optional<VersionLabel>>> agreed, long changes) throws IOException {
    Map<String, Map<String, VersionLabel>> unknown = new TreeMap<>();
    synchronized (labels) {
      if (labels.changes() != changes) {
        return null;
      }
      Set<String> names = new TreeSet<>(labels.names());
      names.addAll(agreed.keySet());
      for (String name : names) {
        SortedMap<String, VersionLabel> own = labels.of(name);
        Map<String, Optional<VersionLabel>> theirs = agreed.getOrDefault(name, Map.of());
        SortedMap<String, VersionLabel> next = new TreeMap<>();
        own.forEach(
            (label, target) -> {
              Optional<VersionLabel> other = theirs.get(label);
              if (other == null) {
                unknown.computeIfAbsent(name, any -> new TreeMap<>()).put(label, target);
              }
              if (other == null
                  || other.filter(each -> isOnItsWay(name, each.version())).isPresent()) {
                next.put(label, target);
              }
            });
        boolean isReady = context.versions().isReady();
        theirs.forEach(
            (label, target) ->
                target
                    .filter(each -> !(isReady && isOnItsWay(name, each.version())))
                    .ifPresent(each -> next.putIfAbsent(label, each)));
        labels.replace(name, next);
      }
    }
    return unknown;
  }

  private boolean isOnItsWay(String name, long number) {
    ModelVersion version = context.versions().now().versions(name).get(number);
    if (version == null) {
      return !context.versions().unloaded().contains(new ModelId(name, number));
    }
    return version.status() == ModelStatus.START || version.status() == ModelStatus.LOADING;
  }

  /**
   * Claims a version's removal, unless a label stands for it.
   *
   * @return false where somebody else is at it
   * @throws RegistryException.VersionLabelled if one does
   */
  boolean claimRemoval(ModelVersion version) {
    synchronized (labels) {
      requireUnlabelled(version.id().name(), version.id().version());
      return version.claimRemoval();
    }
  }

  /**
   * @param version null for any of the name
   * @throws RegistryException.VersionLabelled if a label stands for it
   */
  void requireUnlabelled(String name, @Nullable Long version) {
    List<String> standing = standing(name, version);
    if (!standing.isEmpty()) {
      throw new RegistryException.VersionLabelled(name, version, standing);
    }
  }
}
