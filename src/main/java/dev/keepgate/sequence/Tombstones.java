package dev.keepgate.sequence;

import java.util.LinkedHashSet;
import java.util.Set;

/** The last so many sequences that expired. */
final class Tombstones {

  private final int capacity;
  private final Set<SequenceId> ids = new LinkedHashSet<>();

  Tombstones(int capacity) {
    this.capacity = capacity;
  }

  synchronized void add(SequenceId id) {
    ids.remove(id);
    ids.add(id);
    if (ids.size() > capacity) {
      var eldest = ids.iterator();
      eldest.next();
      eldest.remove();
    }
  }

  synchronized void remove(SequenceId id) {
    ids.remove(id);
  }

  synchronized boolean contains(SequenceId id) {
    return ids.contains(id);
  }
}
