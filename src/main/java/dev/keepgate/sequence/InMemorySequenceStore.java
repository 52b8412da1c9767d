package dev.keepgate.sequence;

import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.sequence.SequenceException.Full.Bound;
import dev.keepgate.sequence.SequenceListener.End;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sequences in this process.
 *
 * <p>All that happens to one sequence happens under its id's lock in one map. Deadlines stand in an
 * ordered set, like a heap from which ended sequences can leave. A step does not move its
 * sequence's deadline there: who comes to collect a sequence sees that it lives on, and puts it
 * back with its new deadline.
 *
 * <p>Sequences expire by a clock that only goes forward: one that is set does not end them, nor
 * keep them for ever.
 */
public final class InMemorySequenceStore implements SequenceStore {

  /** So far off that a sum of two does not overflow; 146 years. */
  private static final long LONGEST_NANOS = Long.MAX_VALUE / 2;

  private final SequenceProperties properties;
  private final LongSupplier ticker;
  private final long beginning;
  private final Listeners<SequenceListener> listeners;
  private final SequenceQuota quota;
  private final Tombstones tombstones;
  private final ConcurrentMap<SequenceId, Entry> entries = new ConcurrentHashMap<>();
  private final NavigableSet<Deadline> deadlines = new ConcurrentSkipListSet<>();
  private final NavigableSet<SequencePlace> openings = new ConcurrentSkipListSet<>();

  /**
   * A sequence's place among those that are to end.
   *
   * @param at {@link #now()} when it is to
   */
  private record Deadline(long at, SequenceId id) implements Comparable<Deadline> {
    @Override
    public int compareTo(Deadline other) {
      int order = Long.compare(at, other.at);
      if (order == 0) {
        order = id.value().compareTo(other.id.value());
      }
      return order != 0 ? order : id.owner().compareTo(other.id.owner());
    }
  }

  /**
   * @param end {@link #now()} when it expires
   * @param deadline where it stands among the deadlines: at its end, or earlier
   */
  private record Entry(Sequence sequence, long end, Deadline deadline) {
    SequencePlace opening() {
      return new SequencePlace(sequence.openedAt(), sequence.id());
    }
  }

  /**
   * @param ticker nanoseconds since any moment, such as {@link System#nanoTime()}
   */
  public InMemorySequenceStore(
      SequenceProperties properties, LongSupplier ticker, Listeners<SequenceListener> listeners) {
    this.properties = properties;
    this.ticker = ticker;
    this.beginning = ticker.getAsLong();
    this.listeners = listeners;
    this.quota = new SequenceQuota(properties);
    this.tombstones = new Tombstones(properties.tombstones());
  }

  /** Nanoseconds since this store was made. */
  private long now() {
    return ticker.getAsLong() - beginning;
  }

  private long endAfter(Duration time) {
    return now() + Math.min(TimeUnit.NANOSECONDS.convert(time), LONGEST_NANOS);
  }

  @Override
  public void create(Sequence sequence, int maxOfOwner) {
    create(sequence, sequence.ttl(), maxOfOwner);
  }

  /**
   * Keeps a sequence that began elsewhere; throws what {@link #create(Sequence)} throws.
   *
   * @param left until it expires
   */
  void create(Sequence sequence, Duration left) {
    create(sequence, left, UNBOUNDED);
  }

  private void create(Sequence sequence, Duration left, int maxOfOwner) {
    whereThereIsRoom(
        sequence,
        () ->
            entries.compute(
                sequence.id(),
                (id, old) -> {
                  if (old != null && isAlive(old)) {
                    throw new SequenceException.Exists(id);
                  }
                  quota.add(sequence, maxOfOwner);
                  if (old != null) {
                    end(old, End.EXPIRED);
                  }
                  tombstones.remove(id);
                  return enter(sequence, endAfter(left));
                }));
  }

  /** Has a change made, and makes room for it where it needs some. */
  private Entry whereThereIsRoom(Sequence sequence, Supplier<Entry> change) {
    while (true) {
      try {
        return change.get();
      } catch (SequenceException.Full e) {
        if (reap() == 0
            && !(mayEvictFor(sequence, e.bound()) && evict(sequence, e.bound() == Bound.MODEL))) {
          throw e;
        }
      }
    }
  }

  private boolean mayEvictFor(Sequence sequence, Bound bound) {
    long room = Math.min(properties.bytes(), properties.bytesPerModel());
    return bound != Bound.OWNER
        && properties.whenFull() == WhenFull.EVICT
        && sequence.bytes() <= room;
  }

  private Entry enter(Sequence sequence, long end) {
    Entry entry = new Entry(sequence, end, new Deadline(end, sequence.id()));
    deadlines.add(entry.deadline());
    openings.add(entry.opening());
    return entry;
  }

  @Override
  public Sequence find(SequenceId id) {
    return lookup(id).orThrow(id);
  }

  /** Finds what {@link #find} finds, where it is no exception that there is none. */
  Lookup lookup(SequenceId id) {
    Entry entry = entries.get(id);
    if (entry != null && isAlive(entry)) {
      return Lookup.of(entry.sequence());
    }
    // Why there is none can only be said under the lock: it may be ended and begun anew meanwhile.
    AtomicReference<Lookup> found = new AtomicReference<>(Lookup.UNKNOWN);
    entries.compute(
        id,
        (key, now) -> {
          found.set(seen(key, now));
          return now;
        });
    return Objects.requireNonNull(found.get());
  }

  private Lookup seen(SequenceId id, @Nullable Entry entry) {
    if (entry == null) {
      return tombstones.contains(id) ? Lookup.EXPIRED : Lookup.UNKNOWN;
    }
    return isAlive(entry) ? Lookup.of(entry.sequence()) : Lookup.EXPIRED;
  }

  private Entry alive(SequenceId id, @Nullable Entry entry) {
    var unused = seen(id, entry).orThrow(id);
    return Objects.requireNonNull(entry);
  }

  private boolean isAlive(Entry entry) {
    return now() < entry.end();
  }

  @Override
  public boolean replace(Sequence before, Sequence after) {
    Entry now =
        whereThereIsRoom(
            after,
            () ->
                entries.compute(
                    before.id(),
                    (id, old) -> {
                      // Before it is seen to live: a step must not be the life of one that ends.
                      long end = endAfter(after.ttl());
                      Entry entry = alive(id, old);
                      if (entry.sequence().revision() != before.revision()) {
                        return entry;
                      }
                      resize(after.model(), after.bytes() - entry.sequence().bytes());
                      return new Entry(after, end, entry.deadline());
                    }));
    return now.sequence().revision() == after.revision();
  }

  private void resize(ModelId model, long more) {
    if (more > 0) {
      quota.grow(model, more);
    } else if (more < 0) {
      quota.shrink(model, -more);
    }
  }

  @Override
  public void remove(SequenceId id) {
    entries.compute(id, (key, old) -> end(alive(id, old), End.DELETED));
  }

  /** Keeps a sequence no longer that goes on elsewhere. */
  void release(Sequence sequence) {
    entries.computeIfPresent(
        sequence.id(),
        (id, entry) ->
            entry.sequence().revision() == sequence.revision() ? withdraw(entry) : entry);
  }

  /** The one place where a sequence ends: whoever calls has its id's lock, and stores the null. */
  private @Nullable Entry end(Entry entry, End end) {
    var gone = withdraw(entry);
    if (end != End.DELETED) {
      tombstones.add(entry.sequence().id());
    }
    listeners.tell(listener -> listener.ended(entry.sequence().model(), end));
    return gone;
  }

  private @Nullable Entry withdraw(Entry entry) {
    Sequence sequence = entry.sequence();
    deadlines.remove(entry.deadline());
    openings.remove(entry.opening());
    quota.remove(sequence);
    return null;
  }

  /**
   * Ends what has expired, one after the other.
   *
   * @return how many
   */
  public int reap() {
    long now = now();
    int ended = 0;
    for (Deadline due = first(deadlines); due != null && due.at() <= now; due = first(deadlines)) {
      ended += collect(due, now) ? 1 : 0;
    }
    return ended;
  }

  private static <T> @Nullable T first(NavigableSet<T> order) {
    Iterator<T> all = order.iterator();
    return all.hasNext() ? all.next() : null;
  }

  /** Ends the sequence that is due, or gives it its new deadline, which is after {@code now}. */
  private boolean collect(Deadline due, long now) {
    Entry left =
        entries.computeIfPresent(
            due.id(),
            (id, entry) -> {
              if (!entry.deadline().equals(due)) {
                return entry;
              }
              return now < entry.end() ? rescheduled(entry) : end(entry, End.EXPIRED);
            });
    return left == null;
  }

  private Entry rescheduled(Entry entry) {
    deadlines.remove(entry.deadline());
    Deadline deadline = new Deadline(entry.end(), entry.sequence().id());
    deadlines.add(deadline);
    return new Entry(entry.sequence(), entry.end(), deadline);
  }

  /** Ends another sequence that would expire first, of the same model or any; false if none is. */
  private boolean evict(Sequence sequence, boolean ofModel) {
    for (Deadline next : deadlines) {
      Entry entry = entries.get(next.id());
      if (entry == null
          || next.id().equals(sequence.id())
          || (ofModel && !entry.sequence().model().equals(sequence.model()))) {
        continue;
      }
      if (entry.end() != next.at()) {
        entries.computeIfPresent(
            next.id(), (id, now) -> now.deadline().equals(next) ? rescheduled(now) : now);
        continue;
      }
      Entry left =
          entries.computeIfPresent(
              next.id(), (id, now) -> isSame(now, entry) ? end(now, End.EVICTED) : now);
      if (left == null) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSame(Entry entry, Entry other) {
    return entry.sequence().revision() == other.sequence().revision();
  }

  @Override
  public long count(ModelId model) {
    return quota.count(model);
  }

  @Override
  public SequenceUsage usage() {
    SequencePlace oldest = first(openings);
    return new SequenceUsage(
        quota.count(), quota.bytes(), oldest == null ? null : oldest.openedAt());
  }

  @Override
  public List<SequenceSummary> list(SequenceQuery query) {
    SequencePlace after = query.after();
    List<SequenceSummary> page = new ArrayList<>();
    for (SequencePlace place : after == null ? openings : openings.tailSet(after, false)) {
      Entry entry = entries.get(place.id());
      // It may have ended meanwhile, and another of its id may have begun, which comes later.
      if (entry == null
          || !place.id().owner().equals(query.owner())
          || !entry.opening().equals(place)
          || !isAlive(entry)) {
        continue;
      }
      String model = query.model();
      if (model == null || entry.sequence().model().name().equals(model)) {
        page.add(SequenceSummary.of(entry.sequence()));
      }
      if (page.size() == query.limit()) {
        break;
      }
    }
    return page;
  }

  /** All that is open now. */
  List<Sequence> open() {
    return entries.values().stream().filter(this::isAlive).map(Entry::sequence).toList();
  }

  /** Until a sequence expires; nothing where it has. */
  Duration timeLeft(SequenceId id) {
    Entry entry = entries.get(id);
    return entry == null ? Duration.ZERO : Duration.ofNanos(Math.max(0, entry.end() - now()));
  }

  @Override
  public void close() {}
}
