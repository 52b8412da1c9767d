package dev.keepgate.registry.replica;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.replica.SharedCatalog.Entry;
import dev.keepgate.registry.replica.SharedCatalog.Snapshot;
import dev.keepgate.registry.repository.Revision;
import dev.keepgate.registry.version.ModelVersion;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a replica is to do so that it has what all agree on, each list in order of its ids.
 *
 * <p>The catalog decides what a number stands for. That the catalog lacks a version proves nothing:
 * it may have lost it, or never have known it. So a copy goes only where its very revision was
 * taken away; one that the catalog knows nothing of is announced; and one whose number stands for
 * another is put aside.
 *
 * @param drop copies whose revision was taken away, or that never arrived and will not
 * @param displace copies of another revision than all agree on, with other files
 * @param adopt copies of the same files as all agree on, under another revision
 * @param announce copies that the catalog does not know, or has lost the bytes of
 * @param fetch versions that are not here, or will not be once others went
 * @param unsettled versions that are being loaded: they are looked at again later
 */
record ReplicaPlan(
    List<ModelId> drop,
    List<ModelId> displace,
    List<ModelId> adopt,
    List<ModelId> announce,
    List<ModelId> fetch,
    List<ModelId> unsettled) {

  /**
   * A version as this replica has it.
   *
   * @param arrived whether it has files here, or had; false where they could not be fetched
   * @param revision null where nobody could read the files
   * @param marked whether the revision lies beside the files: it was announced once
   */
  record Copy(
      ModelId id,
      ModelStatus status,
      boolean builtIn,
      boolean arrived,
      @Nullable Revision revision,
      boolean marked) {

    static Copy of(ModelVersion version) {
      ModelInfo info = version.info();
      Revision revision = version.revision();
      boolean arrived = info.builtIn() || revision != null || version.stamp() != null;
      return new Copy(
          info.id(), info.status(), info.builtIn(), arrived, revision, version.isMarked());
    }
  }

  static ReplicaPlan of(Collection<Copy> copies, Snapshot catalog) {
    ReplicaPlan plan =
        new ReplicaPlan(
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    Set<ModelId> present = new HashSet<>();
    for (Copy copy : copies) {
      present.add(copy.id());
      Entry entry = catalog.versions().get(copy.id());
      Revision revision = copy.revision();
      if (copy.status() == ModelStatus.START || copy.status() == ModelStatus.LOADING) {
        plan.unsettled.add(copy.id());
      } else if (revision == null) {
        plan.unread(copy, entry);
      } else if (entry == null) {
        plan.withoutEntry(copy, revision, catalog);
      } else {
        plan.withEntry(copy, revision, entry, catalog);
      }
    }
    catalog
        .versions()
        .forEach(
            (id, entry) -> {
              if (!present.contains(id) && entry.content() != null) {
                plan.fetch.add(id);
              }
            });
    for (List<ModelId> part : List.of(plan.drop, plan.displace, plan.announce, plan.fetch)) {
      part.sort(null);
    }
    return plan;
  }

  private void unread(Copy copy, @Nullable Entry entry) {
    if (entry != null) {
      fetchAfterwards(copy, entry);
    } else if (!copy.arrived()) {
      drop.add(copy.id());
    }
  }

  private void withoutEntry(Copy copy, Revision revision, Snapshot catalog) {
    if (catalog.removed().contains(revision.id())) {
      drop.add(copy.id());
    } else if (!copy.builtIn() && (copy.marked() || copy.status() == ModelStatus.AVAILABLE)) {
      announce.add(copy.id());
    }
  }

  private void withEntry(Copy copy, Revision revision, Entry entry, Snapshot catalog) {
    if (revision.id().equals(entry.revision().id())) {
      if (entry.content() == null) {
        announce.add(copy.id());
      }
    } else if (copy.builtIn() || catalog.removed().contains(revision.id())) {
      drop.add(copy.id());
      fetchAfterwards(copy, entry);
    } else if (revision.digest().equals(entry.revision().digest())) {
      adopt.add(copy.id());
    } else {
      displace.add(copy.id());
      fetchAfterwards(copy, entry);
    }
  }

  private void fetchAfterwards(Copy copy, Entry entry) {
    if (entry.content() != null) {
      fetch.add(copy.id());
    }
  }

  /** All that something is, or may be, to be done for. */
  Set<ModelId> all() {
    Set<ModelId> all = new HashSet<>(unsettled);
    List.of(drop, displace, adopt, announce, fetch).forEach(all::addAll);
    return all;
  }

  /** Whether there is nothing to do. */
  boolean isEmpty() {
    return drop.isEmpty()
        && displace.isEmpty()
        && adopt.isEmpty()
        && announce.isEmpty()
        && fetch.isEmpty();
  }
}
