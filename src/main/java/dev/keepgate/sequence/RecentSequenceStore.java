package dev.keepgate.sequence;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.keepgate.model.ModelId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Another store, which other processes use too, and what this process has put there last: a step
 * that begins with that asks the store once, not twice.
 *
 * <p>Only of sequences that this process has taken on some times in a row, without another between:
 * where clients go from process to process, what is remembered is mostly past, and computing from
 * it in vain.
 */
final class RecentSequenceStore implements SequenceStore {

  /**
   * How many steps in a row; two processes that are asked at random get so many once in 16 steps.
   */
  private static final int IN_A_ROW = 5;

  private final SequenceStore store;
  private final Cache<SequenceId, Recent> recents;

  /**
   * @param steps that this process has taken in a row
   */
  private record Recent(Sequence sequence, int steps) {
    int weight() {
      return (int) Math.min(Integer.MAX_VALUE, sequence.bytes());
    }
  }

  /**
   * @param bytes of the heap that may be remembered, about
   */
  RecentSequenceStore(SequenceStore store, long bytes) {
    this.store = store;
    this.recents =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .<SequenceId, Recent>weigher((id, recent) -> recent.weight())
            .expireAfter(
                Expiry.<SequenceId, Recent>writing((id, recent) -> recent.sequence().ttl()))
            // What there is to do is little: no thread of its own.
            .executor(Runnable::run)
            .build();
  }

  @Override
  public void create(Sequence sequence, int maxOfOwner) {
    store.create(sequence, maxOfOwner);
    recents.invalidate(sequence.id());
  }

  @Override
  public Sequence find(SequenceId id) {
    return store.find(id);
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
    boolean isReplaced = false;
    try {
      isReplaced = store.replace(before, after);
    } finally {
      if (isReplaced) {
        recents.put(id, new Recent(after, stepsBefore(before, known) + 1));
      } else {
        recents.invalidate(id);
      }
    }
    return isReplaced;
  }

  private static int stepsBefore(Sequence before, @Nullable Recent known) {
    return known == null || known.sequence().revision() != before.revision()
        ? 0
        : Math.min(known.steps(), IN_A_ROW);
  }

  @Override
  public void remove(SequenceId id) {
    recents.invalidate(id);
    store.remove(id);
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
