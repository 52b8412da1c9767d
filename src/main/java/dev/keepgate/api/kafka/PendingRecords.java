package dev.keepgate.api.kafka;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The records of a partition that were read and are not applied yet, in a store that is committed
 * together with the offsets: so a commit may come at any moment, and whoever has the partition next
 * computes them first. Of each key one is under way, and the others wait for it. For one thread.
 *
 * <p>The store's keys are a few slots that are used again and again: with a cache before it, what
 * comes and goes between two commits never reaches the topic behind it.
 */
final class PendingRecords {

  private final KeyValueStore<Integer, byte[]> store;
  private final int slots;
  private final Deque<Integer> free = new ArrayDeque<>();

  /** The first of each is the one whose turn it is. */
  private final Map<ByteBuffer, Deque<Entry>> byKey = new HashMap<>();

  /** Those whose turn it is and that are not begun, and those that are, each in their order. */
  private final Set<Entry> waiting = new LinkedHashSet<>();

  private final Set<Entry> begun = new LinkedHashSet<>();

  /** A record and its slot. */
  static final class Entry {
    private final int slot;
    private final PendingRecord record;
    private @Nullable StreamStep step;
    private StreamTraces.@Nullable Trace trace;

    private Entry(int slot, PendingRecord record) {
      this.slot = slot;
      this.record = record;
    }

    PendingRecord record() {
      return record;
    }

    /** Null until it is begun. */
    @Nullable StreamStep step() {
      return step;
    }
  }

  /** Takes up what the store has of whoever had the partition before. */
  PendingRecords(KeyValueStore<Integer, byte[]> store, int slots) {
    this.store = store;
    this.slots = slots;
    List<Entry> found = new ArrayList<>();
    try (KeyValueIterator<Integer, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<Integer, byte[]> each = all.next();
        found.add(new Entry(each.key, PendingRecord.decode(each.value)));
      }
    }
    for (int slot = 0; slot < slots; slot++) {
      free.add(slot);
    }
    found.forEach(entry -> free.remove(entry.slot));
    found.sort(Comparator.comparingLong(entry -> entry.record.place().offset()));
    found.forEach(this::queue);
  }

  /** Whether no more can be taken in. */
  boolean isFull() {
    return free.isEmpty();
  }

  boolean isEmpty() {
    return byKey.isEmpty();
  }

  int size() {
    return waiting.size() + begun.size();
  }

  /** Whether a record of a key is here. */
  boolean has(byte[] key) {
    return byKey.containsKey(ByteBuffer.wrap(key));
  }

  void add(PendingRecord record) {
    Entry entry = new Entry(free.remove(), record);
    store.put(entry.slot, record.encode());
    queue(entry);
  }

  private void queue(Entry entry) {
    Deque<Entry> own =
        byKey.computeIfAbsent(ByteBuffer.wrap(entry.record.key()), key -> new ArrayDeque<>());
    own.add(entry);
    if (own.size() == 1) {
      waiting.add(entry);
    }
  }

  /** How many it is the turn of that are not begun. */
  int waitingNow() {
    return waiting.size();
  }

  /** Those whose turn it is and that are not begun. */
  Collection<Entry> waiting() {
    return List.copyOf(waiting);
  }

  /** Those that are begun, the longest begun first. */
  Collection<Entry> begun() {
    return List.copyOf(begun);
  }

  /** The one that was begun longest ago; null for none. */
  @Nullable Entry eldest() {
    return begun.isEmpty() ? null : begun.iterator().next();
  }

  /** The span of a record, which ends when it is done. */
  StreamTraces.Trace trace(Entry entry, StreamTraces traces) {
    StreamTraces.Trace trace = entry.trace;
    if (trace == null) {
      trace = traces.begin(entry.record);
      entry.trace = trace;
    }
    return trace;
  }

  void begun(Entry entry, StreamStep step) {
    entry.step = step;
    waiting.remove(entry);
    begun.add(entry);
  }

  /** One that was begun has to be begun again. */
  void again(Entry entry) {
    entry.step = null;
    begun.remove(entry);
    waiting.add(entry);
  }

  /** One was applied: it is the turn of its key's next. */
  void done(Entry entry) {
    waiting.remove(entry);
    begun.remove(entry);
    if (entry.trace != null) {
      entry.trace.end();
    }
    store.delete(entry.slot);
    if (entry.slot < slots) {
      free.add(entry.slot);
    }
    ByteBuffer key = ByteBuffer.wrap(entry.record.key());
    Deque<Entry> own = byKey.get(key);
    if (own == null) {
      throw new IllegalStateException("its key is not here");
    }
    own.remove();
    if (own.isEmpty()) {
      byKey.remove(key);
    } else {
      waiting.add(own.element());
    }
  }

  /** Gives up all computations; the records stay in the store. */
  void close() {
    for (Entry entry : begun) {
      StreamStep step = entry.step;
      if (step != null) {
        step.close();
      }
    }
    begun.clear();
    waiting.clear();
    byKey.clear();
  }
}
