package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;
import dev.keepgate.sequence.SequenceListener.End;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.time.Clock;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sequences in this process.
 *
 * <p>All that happens to one sequence happens under its id's lock in one map. Deadlines stand in an
 * ordered set, like a heap from which ended sequences can leave. A step does not move its
 * sequence's deadline there: who comes to collect a sequence sees that it lives on, and puts it
 * back with its new deadline.
 */
public final class InMemorySequenceStore implements SequenceStore {

  private final SequenceProperties properties;
  private final Clock clock;
  private final SequenceListener listener;
  private final SequenceAccount account;
  private final Tombstones tombstones;
  private final ConcurrentMap<SequenceId, Entry> entries = new ConcurrentHashMap<>();
  private final NavigableSet<Moment> deadlines = new ConcurrentSkipListSet<>();
  private final NavigableSet<Moment> openings = new ConcurrentSkipListSet<>();

  /** A sequence's place in an order of time. */
  private record Moment(Instant at, SequenceId id) implements Comparable<Moment> {
    @Override
    public int compareTo(Moment other) {
      int order = at.compareTo(other.at);
      return order != 0 ? order : id.value().compareTo(other.id.value());
    }
  }

  /**
   * @param deadline where it stands among the deadlines: its own, or an earlier one
   */
  private record Entry(Sequence sequence, Moment deadline) {
    Moment opening() {
      return new Moment(sequence.openedAt(), sequence.id());
    }
  }

  public InMemorySequenceStore(
      SequenceProperties properties, Clock clock, SequenceListener listener) {
    this.properties = properties;
    this.clock = clock;
    this.listener = listener;
    this.account = new SequenceAccount(properties);
    this.tombstones = new Tombstones(properties.tombstones());
  }

  @Override
  public void create(Sequence sequence) {
    whereThereIsRoom(
        sequence,
        () ->
            entries.compute(
                sequence.id(),
                (id, old) -> {
                  if (old != null && isAlive(old.sequence())) {
                    throw new SequenceException.Exists(id);
                  }
                  account.reserve(sequence.model(), 1, sequence.bytes());
                  if (old != null) {
                    end(old, End.EXPIRED);
                  }
                  tombstones.remove(id);
                  return enter(sequence);
                }));
  }

  /** Has a change made, and makes room for it where it needs some. */
  private Entry whereThereIsRoom(Sequence sequence, Supplier<Entry> change) {
    while (true) {
      try {
        return change.get();
      } catch (SequenceException.Full e) {
        if (reap() == 0 && !(mayEvictFor(sequence) && evict(sequence, e.isOfModel()))) {
          throw e;
        }
      }
    }
  }

  private boolean mayEvictFor(Sequence sequence) {
    long room = Math.min(properties.maxBytes().toBytes(), properties.maxBytesPerModel().toBytes());
    return properties.whenFull() == WhenFull.EVICT && sequence.bytes() <= room;
  }

  private Entry enter(Sequence sequence) {
    Entry entry = new Entry(sequence, new Moment(sequence.expiresAt(), sequence.id()));
    deadlines.add(entry.deadline());
    openings.add(entry.opening());
    return entry;
  }

  @Override
  public Sequence find(SequenceId id) {
    Entry entry = entries.get(id);
    if (entry != null && isAlive(entry.sequence())) {
      return entry.sequence();
    }
    // Why there is none can only be said under the lock: it may be ended and begun anew meanwhile.
    return Objects.requireNonNull(entries.compute(id, this::alive)).sequence();
  }

  private Entry alive(SequenceId id, @Nullable Entry entry) {
    if (entry == null) {
      throw tombstones.contains(id)
          ? new SequenceException.Expired(id)
          : new SequenceException.Unknown(id);
    }
    if (!isAlive(entry.sequence())) {
      throw new SequenceException.Expired(id);
    }
    return entry;
  }

  private boolean isAlive(Sequence sequence) {
    return clock.instant().isBefore(sequence.expiresAt());
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
                      Entry entry = alive(id, old);
                      if (entry.sequence().revision() != before.revision()) {
                        return entry;
                      }
                      resize(after.model(), after.bytes() - entry.sequence().bytes());
                      return new Entry(after, entry.deadline());
                    }));
    return now.sequence().revision() == after.revision();
  }

  private void resize(ModelId model, long more) {
    if (more > 0) {
      account.reserve(model, 0, more);
    } else if (more < 0) {
      account.release(model, 0, -more);
    }
  }

  @Override
  public void remove(SequenceId id) {
    entries.compute(id, (key, old) -> end(alive(id, old), End.DELETED));
  }

  /** The one place where a sequence ends: whoever calls has its id's lock, and stores the null. */
  private @Nullable Entry end(Entry entry, End end) {
    Sequence sequence = entry.sequence();
    deadlines.remove(entry.deadline());
    openings.remove(entry.opening());
    account.release(sequence.model(), 1, sequence.bytes());
    if (end != End.DELETED) {
      tombstones.add(sequence.id());
    }
    listener.ended(sequence.model(), end);
    return null;
  }

  /**
   * Ends what has expired, one after the other.
   *
   * @return how many
   */
  public int reap() {
    Instant now = clock.instant();
    int ended = 0;
    for (Moment due = first(deadlines);
        due != null && !due.at().isAfter(now);
        due = first(deadlines)) {
      ended += collect(due, now) ? 1 : 0;
    }
    return ended;
  }

  private static @Nullable Moment first(NavigableSet<Moment> order) {
    Iterator<Moment> moments = order.iterator();
    return moments.hasNext() ? moments.next() : null;
  }

  /** Ends the sequence that is due, or gives it its new deadline, which is after {@code now}. */
  private boolean collect(Moment due, Instant now) {
    Entry left =
        entries.computeIfPresent(
            due.id(),
            (id, entry) -> {
              if (!entry.deadline().equals(due)) {
                return entry;
              }
              return now.isBefore(entry.sequence().expiresAt())
                  ? rescheduled(entry)
                  : end(entry, End.EXPIRED);
            });
    return left == null;
  }

  private Entry rescheduled(Entry entry) {
    deadlines.remove(entry.deadline());
    Moment deadline = new Moment(entry.sequence().expiresAt(), entry.sequence().id());
    deadlines.add(deadline);
    return new Entry(entry.sequence(), deadline);
  }

  /** Ends another sequence that would expire first, of the same model or any; false if none is. */
  private boolean evict(Sequence sequence, boolean ofModel) {
    for (Moment next : deadlines) {
      Entry entry = entries.get(next.id());
      if (entry == null
          || next.id().equals(sequence.id())
          || (ofModel && !entry.sequence().model().equals(sequence.model()))) {
        continue;
      }
      if (!entry.sequence().expiresAt().equals(next.at())) {
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
    return account.count(model);
  }

  @Override
  public SequenceUsage usage() {
    Moment oldest = first(openings);
    return new SequenceUsage(account.count(), account.bytes(), oldest == null ? null : oldest.at());
  }

  /** All that is open now. */
  public List<Sequence> open() {
    return entries.values().stream().map(Entry::sequence).filter(this::isAlive).toList();
  }

  @Override
  public void close() {}
}
