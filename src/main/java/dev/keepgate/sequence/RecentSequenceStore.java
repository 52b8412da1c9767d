package dev.keepgate.sequence;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.keepgate.model.ModelId;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A write-through cache in front of a store that other processes use too, such as Redis: it has the
 * last states that this process has written, and a step that begins with one asks the store once,
 * not twice.
 *
 * <p>Only of sequences that this process has taken on some times in a row, without another between:
 * where clients go from process to process, what is remembered is mostly past, and computing from
 * it in vain. And only for some seconds: long enough for who steps without a pause, and soon over
 * where another process has ended the sequence. Whoever learns that it is past has it forgotten.
 */
final class RecentSequenceStore implements SequenceStore {

  /**
   * How many steps in a row; two processes that are asked at random get so many once in 16 steps.
   */
  private static final int IN_A_ROW = 5;

  /** How long a state is remembered, unless its sequence expires before. */
  static final Duration LONGEST = Duration.ofSeconds(10);

  private final SequenceStore store;
  private final Cache<SequenceId, Recent> recents;

  /**
   * @param steps that this process has taken in a row
   */
  private record Recent(Sequence sequence, int steps) {
    int weight() {
      return (int) Math.min(Integer.MAX_VALUE, sequence.bytes());
    }

    Duration lifetime() {
      Duration ttl = sequence.ttl();
      return ttl.compareTo(LONGEST) < 0 ? ttl : LONGEST;
    }
  }

  /**
   * @param bytes of the heap that may be remembered, about
   */
  RecentSequenceStore(SequenceStore store, long bytes) {
    this(store, bytes, Ticker.systemTicker());
  }

  /**
   * @param ticker of the time in which what is remembered is forgotten
   */
  RecentSequenceStore(SequenceStore store, long bytes, Ticker ticker) {
    this.store = store;
    this.recents =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .<SequenceId, Recent>weigher((id, recent) -> recent.weight())
            .expireAfter(Expiry.<SequenceId, Recent>writing((id, recent) -> recent.lifetime()))
            .ticker(ticker)
            // What there is to do is little: no thread of its own.
            .executor(Runnable::run)
            .build();
  }

  @Override
  public void create(Sequence sequence, int maxOfOwner) {
    try {
      store.create(sequence, maxOfOwner);
    } finally {
      // If there is one of this id, it may be another's.
      recents.invalidate(sequence.id());
    }
  }

  @Override
  public Sequence find(SequenceId id) {
    Sequence found = null;
    try {
      found = store.find(id);
      return found;
    } finally {
      forgetUnless(found, id);
    }
  }

  private void forgetUnless(@Nullable Sequence found, SequenceId id) {
    var unused =
        recents
            .asMap()
            .computeIfPresent(
                id,
                (key, known) ->
                    found != null && known.sequence().revision() == found.revision()
                        ? known
                        : null);
  }

  @Override
  public @Nullable Sequence recent(SequenceId id) {
    Recent recent = recents.getIfPresent(id);
    return recent == null || recent.steps() < IN_A_ROW ? null : recent.sequence();
  }

  @Override
  public boolean replace(Sequence before, Sequence after) {
    SequenceId id = before.id();
    Recent known = recents.getIfPresent(id);
    Recent next = null;
    try {
      boolean isReplaced = store.replace(before, after);
      next = isReplaced ? new Recent(after, stepsBefore(before, known) + 1) : null;
      return isReplaced;
    } finally {
      remember(id, known, next);
    }
  }

  private static int stepsBefore(Sequence before, @Nullable Recent known) {
    return known == null || known.sequence().revision() != before.revision()
        ? 0
        : Math.min(known.steps(), IN_A_ROW);
  }

  /** Forgets it where somebody else did, or remembered other things, in the meantime. */
  private void remember(SequenceId id, @Nullable Recent known, @Nullable Recent next) {
    var unused =
        recents.asMap().compute(id, (key, now) -> Objects.equals(now, known) ? next : null);
  }

  @Override
  public void remove(SequenceId id) {
    try {
      store.remove(id);
    } finally {
      recents.invalidate(id);
    }
  }

  @Override
  public List<SequenceSummary> list(SequenceQuery query) {
    return store.list(query);
  }

  @Override
  public long count(ModelId model) {
    return store.count(model);
  }

  @Override
  public SequenceUsage usage() {
    return store.usage();
  }

  @Override
  public void close() {
    store.close();
  }
}
